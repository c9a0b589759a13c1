/*
 *  port - is a TCP port free, and who has it
 */
#ifndef MISSIONCTL_PORT_H
#define MISSIONCTL_PORT_H

#include "proto/base.h"

/* 0 when the port can be listened on; -1 with what to do, naming the setting. */
MC_CHECKED int missionctl_port_check(const char *address, int port, const char *variable);

#endif
