/* audit_row.h - an audit row, and how PostgreSQL reads it
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: rows to bytes. Source: record_recv, array_recv, inet_recv; the
 * columns are those of the type wardgate.audit_row, in their order. */
#ifndef GATE_AUDIT_ROW_H
#define GATE_AUDIT_ROW_H

#include "base/buf.h"
#include "base/enc.h"

/* What is kept. Text is borrowed until audit_keep returns; absent slices and
 * negative numbers are null. No name, no value of a search but ids. */
struct audit_row {
	int64_t at_us;     /* start of the request, UTC since 1970 */
	const char *trace; /* 32 hex digits */
	int entry;         /* of a batch, from 1; 0: the request itself */
	struct str request_id;
	struct str parent; /* trace-id of the caller's traceparent */
	bool has_client, has_tenant;
	struct guid client, tenant;
	struct str cred;        /* id of the secret */
	struct str jti;         /* of the token issued or used */
	struct str interaction; /* token, read, search-type, ... */
	struct str type;        /* resource type */
	struct str id;          /* resource id */
	struct str patient;     /* patient id that it was about */
	struct str face;        /* DSTU2, STU3, R4 */
	int status;             /* HTTP status of the answer */
	const char *reason;     /* reason code, "ok" */
	int64_t matches;        /* Bundle.total */
	int64_t returned;       /* entries in the answer */
	int upstream_status;
	int64_t upstream_ms;
	int64_t lookups; /* names asked for displays */
	int64_t duration_us;
	struct str source; /* address of the caller */

	struct audit_row *with; /* kept in the same commit: entries of a batch;
	                         * NULL: no more */
};

/* audit_row_init - everything null. */
void audit_row_init(struct audit_row *row);

/* audit_row_wire - one element of the array, its length in front.
 * Text that is not plain UTF-8 and addresses that are none become null: one
 * bad row must never spoil the batch it travels in. */
void audit_row_wire(struct buf *b, const struct audit_row *row,
    const char *program, const char *host);

/* audit_row_head - what stands before n elements.
 *   oid  of wardgate.audit_row, in this database */
void audit_row_head(struct buf *b, uint32_t oid, size_t n);

#endif
