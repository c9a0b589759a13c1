/*
 *  news - tasks and flags for the live stream, as control tells of them
 */
#ifndef GATEWAY_NEWS_H
#define GATEWAY_NEWS_H

#include "gateway.h"

/* Hears them from now on, and puts them into the feed. */
void gateway_news_subscribe(gateway_t *gateway);

#endif
