/* fcgi_guard.h - what a FastCGI peer may say, checked before libfcgi hears it
 * SPDX-License-Identifier: Apache-2.0
 *
 * libfcgi trusts its peer: a parameter's length of two gigabytes ends the
 * process, repeated FCGI_GET_VALUES overflow a buffer on its stack, and
 * parameters may come without end. Only one conversation is let through: begin
 * as responder, parameters, body, each of the same request and in this order.
 * Pure: bytes in, verdict out. Source: FastCGI 1.0, sections 3.3, 3.4, 5. */
#ifndef EXT_FCGI_GUARD_H
#define EXT_FCGI_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All parameters together, as they are sent. A web server that takes heads of
 * 16 KiB needs less than half. */
#define FCGI_PARAMS_MAX ((size_t)64 * 1024)

#define FCGI_HEAD_BYTES 8 /* of a record */

enum fcgi_record {
	FCGI_BEGIN = 1,
	FCGI_ABORT = 2,
	FCGI_END = 3,
	FCGI_PARAMETERS = 4,
	FCGI_IN = 5,
	FCGI_OUT = 6
};

enum fcgi_phase {
	FCGI_AT_BEGIN,  /* nothing of a request yet */
	FCGI_AT_PARAMS, /* reading parameters */
	FCGI_AT_BODY,   /* parameters are complete */
	FCGI_AT_END,    /* the request is complete */
	FCGI_REFUSED    /* not to be read on */
};

/* All zeros is a guard at its start. */
struct fcgi_guard {
	enum fcgi_phase phase;
	bool asked; /* the parameters came to their end */
	bool large; /* refused for nothing but FCGI_PARAMS_MAX */
	unsigned id;
	unsigned char head[FCGI_HEAD_BYTES];
	unsigned head_n;  /* bytes of it that have come */
	uint32_t content; /* bytes left in the record */
	uint32_t padding;
	size_t params;     /* bytes of parameters so far */
	unsigned lengths;  /* which byte of a pair's lengths comes next */
	uint32_t name;     /* bytes left of the pair's name */
	uint32_t value;    /* and of its value */
	bool in_pair;      /* between the lengths and the end of a pair */
	unsigned begin_at; /* which byte of the begin record's body */
};

/* fcgi_guard_take - how many of the n bytes may be passed on: all of them, or
 * those up to the end of the request, or those before the one that completes
 * what is refused. */
size_t fcgi_guard_take(struct fcgi_guard *g, const char *bytes, size_t n);

/* fcgi_record_head - the head of a record as it is sent. */
void fcgi_record_head(unsigned char to[FCGI_HEAD_BYTES], enum fcgi_record type,
    unsigned id, size_t content);

/* fcgi_record_begins - is this the head of a request's first record? */
bool fcgi_record_begins(
    const unsigned char head[FCGI_HEAD_BYTES], unsigned *id);

#endif
