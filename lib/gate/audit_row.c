/* audit_row.c - an audit row, and how PostgreSQL reads it
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/audit_row.h"

#include <arpa/inet.h>
#include <string.h>

/* pg_type: built in, the same in every database. */
enum {
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_INET = 869,
	OID_TIMESTAMPTZ = 1184,
	OID_UUID = 2950
};

#define COLUMNS        25
#define EPOCH_2000_US  946684800000000
#define PGSQL_AF_INET  2
#define PGSQL_AF_INET6 3
#define TEXT_BYTES_MAX 200

void
audit_row_init(struct audit_row *row)
{
	memset(row, 0, sizeof *row);
	row->matches = row->returned = -1;
	row->upstream_status = -1;
	row->upstream_ms = row->duration_us = -1;
	row->lookups = -1;
	row->status = -1;
}

static void
put_int(struct buf *b, uint64_t n, unsigned bytes)
{
	unsigned char at[8];
	unsigned i;

	for (i = 0; i < bytes; i++)
		at[i] = (unsigned char)(n >> (8 * (bytes - 1 - i)));
	buf_put(b, at, bytes);
}

static void
put_field(struct buf *b, uint32_t oid, const void *bytes, size_t n)
{
	put_int(b, oid, 4);
	put_int(b, n, 4);
	buf_put(b, bytes, n);
}

static void
put_null(struct buf *b, uint32_t oid)
{
	put_int(b, oid, 4);
	put_int(b, 0xffffffffu, 4);
}

static void
put_number(struct buf *b, uint32_t oid, int64_t n, unsigned bytes)
{
	int64_t most = bytes == 2 ? INT16_MAX : INT32_MAX;

	if (n < 0) {
		put_null(b, oid);
		return;
	}
	put_int(b, oid, 4);
	put_int(b, bytes, 4);
	put_int(b, (uint64_t)(n > most ? most : n), bytes);
}

static void
put_text(struct buf *b, struct str s)
{
	if (s.at && s.len <= TEXT_BYTES_MAX && str_plain(s))
		put_field(b, OID_TEXT, s.at, s.len);
	else
		put_null(b, OID_TEXT);
}

static void
put_guid(struct buf *b, bool has, const struct guid *g)
{
	if (has)
		put_field(b, OID_UUID, g->at, sizeof g->at);
	else
		put_null(b, OID_UUID);
}

static void
put_inet(struct buf *b, struct str s)
{
	unsigned char addr[4 + 16];
	char text[INET6_ADDRSTRLEN];
	bool v6;

	if (!s.len || s.len >= sizeof text) {
		put_null(b, OID_INET);
		return;
	}
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	v6 = memchr(text, ':', s.len) != NULL;
	if (strlen(text) != s.len ||
	    inet_pton(v6 ? AF_INET6 : AF_INET, text, addr + 4) != 1) {
		put_null(b, OID_INET);
		return;
	}
	addr[0] = v6 ? PGSQL_AF_INET6 : PGSQL_AF_INET;
	addr[1] = v6 ? 128 : 32;
	addr[2] = 0; /* an address, not a network */
	addr[3] = v6 ? 16 : 4;
	put_field(b, OID_INET, addr, v6 ? 20 : 8);
}

static void
put_who(struct buf *b, const struct audit_row *row, const char *program,
    const char *host)
{
	struct guid trace;

	put_int(b, OID_TIMESTAMPTZ, 4);
	put_int(b, 8, 4);
	put_int(b, (uint64_t)(row->at_us - EPOCH_2000_US), 8);
	put_guid(
	    b, dec_hex(trace.at, sizeof trace.at, str_of(row->trace)), &trace);
	put_number(b, OID_INT2, row->entry, 2);
	put_text(b, row->request_id);
	put_text(b, row->parent);
	put_text(b, str_of(program));
	put_text(b, str_of(host));
	put_guid(b, row->has_client, &row->client);
	put_text(b, row->cred);
	put_text(b, row->jti);
	put_guid(b, row->has_tenant, &row->tenant);
}

static void
put_what(struct buf *b, const struct audit_row *row)
{
	put_text(b, row->interaction);
	put_text(b, row->type);
	put_text(b, row->id);
	put_text(b, row->patient);
	put_text(b, row->face);
	put_number(b, OID_INT2, row->status, 2);
	put_text(b, str_of(row->reason));
	put_number(b, OID_INT4, row->matches, 4);
	put_number(b, OID_INT4, row->returned, 4);
	put_number(b, OID_INT2, row->upstream_status, 2);
	put_number(b, OID_INT4, row->upstream_ms, 4);
	put_number(b, OID_INT4, row->lookups, 4);
	put_number(b, OID_INT4, row->duration_us, 4);
	put_inet(b, row->source);
}

void
audit_row_wire(struct buf *b, const struct audit_row *row, const char *program,
    const char *host)
{
	size_t start = b->len;
	uint32_t len;

	put_int(b, 0, 4);
	put_int(b, COLUMNS, 4);
	put_who(b, row, program, host);
	put_what(b, row);
	if (b->failed)
		return;
	len = htonl((uint32_t)(b->len - start - 4));
	memcpy(b->at + start, &len, 4);
}

void
audit_row_head(struct buf *b, uint32_t oid, size_t n)
{
	put_int(b, 1, 4); /* dimensions */
	put_int(b, 0, 4); /* no null elements */
	put_int(b, oid, 4);
	put_int(b, n, 4);
	put_int(b, 1, 4); /* lower bound */
}
