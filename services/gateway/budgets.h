/*
 *  budgets - hard limits over HTTP: forms of commands that the budget service answers
 */
#ifndef GATEWAY_BUDGETS_H
#define GATEWAY_BUDGETS_H

#include "gateway.h"

mc_http_route_fn gateway_on_budget_set, gateway_on_budget_remove;

#endif
