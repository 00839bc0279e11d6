/* batch_native.h - a batch of our own to a provider, and what it answers
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure text work: which entries there are, and whether the provider takes a
 * batch at all, is decided elsewhere. Source: FHIR http, "batch/transaction". */
#ifndef FHIR_BATCH_NATIVE_H
#define FHIR_BATCH_NATIVE_H

#include "fhir/tree.h"

/* One read or search, as the provider words it. */
struct batch_call {
	struct str path;          /* under its base, no slash in front */
	struct str query;         /* absent or empty: none */
	struct str if_none_match; /* absent: none */
};

/* What it says to one of them. */
struct batch_said {
	int status;               /* 0: cannot be told */
	struct str body;          /* the resource as JSON; empty: none */
	struct str etag;          /* absent: not sent */
	struct str last_modified; /* an HTTP date; absent: not sent */
};

/* batch_native_write - the Bundle of type batch, all GET. */
void batch_native_write(
    struct buf *b, const struct batch_call *calls, size_t n);

/* batch_native_read - a batch-response with n entries, in the order of the
 * calls, taken apart. Statuses are read as "200" and as "200 OK".
 *   said  room for n; text is borrowed from a and from text
 * false: ERR_UPSTREAM_BAD, it is not that; lim->bad and lim->large. */
bool batch_native_read(struct arena *a, struct str text,
    const struct tree_limits *lim, struct batch_said *said, size_t n,
    struct err *e);

#endif
