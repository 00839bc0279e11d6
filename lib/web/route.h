/* route.h - which handler answers an address
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "base/str.h"

struct work;

/* A row of a program's table. The handler fills the answer and returns true,
 * or sets the error of the work and returns false. */
struct route {
	const char *methods; /* "GET" or "GET,HEAD"; "*": the handler decides */
	const char *path;    /* exact, or a prefix when it ends with a star */
	bool (*handle)(struct work *w);
	const char *purpose; /* one line, for the map and the log */
};

struct err;

/* route_find - first row that fits path and method; NULL: ERR_ADDRESS, or
 * ERR_METHOD when only the method misses (*allow then lists what fits,
 * borrowed from the table). */
const struct route *route_find(const struct route *routes, size_t n,
    struct str path, struct str method, const char **allow, struct err *e);

#endif
