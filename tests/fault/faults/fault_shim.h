/*
 * fault_shim: what its files share, and what the C library declares in another shape or not at all.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include "fault_orders.h"
#include "front.h"

/* glibc declares the address of accept() as a union of pointers where GNU extensions are on. */
#define SOCKET_ADDRESS                  __SOCKADDR_ARG
#define SOCKET_ADDRESS_POINTER(address) ((address).__sockaddr__)

int eventfd(unsigned int value, int flags);
int epoll_create1(int flags);

/* NULL where the process has none, and nothing fails. */
extern struct fault_orders *shim_orders;

/* Counts a call, about a descriptor or a path where these are given; true when it is to fail, errno
 * is set then. */
bool shim_fails(enum fault_kind kind, int fd, const char *path);

/* The stack of calls that leads here, as a number that is the same in each process of the program;
 * never 0. `words` (may be NULL) takes it as places in files, FAULT_WHERE bytes at most. */
uint64_t shim_stack(char *words);
/* Counts an allocation with its stack. */
void shim_stack_note(void);
