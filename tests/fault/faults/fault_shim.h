/*
 * fault_shim: what its files share, and what the C library declares in another shape or not at all.
 */
#pragma once

#include <stdbool.h>

#include <sys/socket.h>

#include "fault_orders.h"

#define PUBLIC __attribute__((visibility("default")))

/* glibc declares the address of accept() as a union of pointers where GNU extensions are on. */
#define SOCKET_ADDRESS                  __SOCKADDR_ARG
#define SOCKET_ADDRESS_POINTER(address) ((address).__sockaddr__)

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
int eventfd(unsigned int value, int flags);
int epoll_create1(int flags);

/* NULL where the process has none, and nothing fails. */
extern struct fault_orders *shim_orders;

/* Counts a call, about a descriptor or a path where these are given; true when it is to fail, errno
 * is set then. */
bool shim_fails(enum fault_kind kind, int fd, const char *path);
