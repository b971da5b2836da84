/*
 * power_wire: one connection to a daemon, one call at a time.
 *
 * It has an address of its own (an abstract one that begins with CUT_PEER_PREFIX), by which the
 * recorder knows what the daemon sent to it: together with the number of bytes received this tells
 * where in the trace an answer left the daemon, exactly.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct power_wire {
    int fd; /* -1: none */
    uint32_t number;
    uint64_t received;
    char *answer; /* the last one */
    size_t size;
    size_t capacity;
};

/* The address of the connection of this number. */
void power_wire_name(uint32_t number, char *ret_name, size_t size);

/* 0 or -errno. */
int power_wire_connect(struct power_wire *wire, const char *socket, uint32_t number);
void power_wire_close(struct power_wire *wire);

/* The method without its first parts. 0 with an answer, -errno without one. */
int power_wire_call(struct power_wire *wire, const char *method, const char *parameters);
/* Whether the last answer is an error; "" is any. */
bool power_wire_is_error(const struct power_wire *wire, const char *name);
