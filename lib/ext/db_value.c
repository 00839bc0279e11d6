/* db_value.c - PostgreSQL's binary format: parameters out, column values in
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/db_value.h"

#include <limits.h>
#include <string.h>

#include "base/buf.h"

/* OIDs of built-in types never change (pg_type.dat). */
enum {
	T_BOOL = 16,
	T_BYTEA = 17,
	T_NAME = 19,
	T_INT8 = 20,
	T_INT2 = 21,
	T_INT4 = 23,
	T_TEXT = 25,
	T_TEXTS = 1009,
	T_VARCHAR = 1043,
	T_TIMESTAMPTZ = 1184,
	T_UUID = 2950
};

#define EPOCH_2000_US INT64_C(946684800000000) /* 1970 to 2000 */

struct db_arg
db_arg_null(void)
{
	return (struct db_arg){ .type = DB_NULL };
}

static struct db_arg
slice(enum db_type type, struct str s)
{
	return (struct db_arg){ .type = s.at ? type : DB_NULL, .bytes = s };
}

struct db_arg
db_arg_text(struct str s)
{
	return slice(DB_TEXT, s);
}

struct db_arg
db_arg_bytes(struct str s)
{
	return slice(DB_BYTES, s);
}

struct db_arg
db_arg_raw(struct str s)
{
	return slice(DB_RAW, s);
}

struct db_arg
db_arg_int(int64_t n)
{
	return (struct db_arg){ .type = DB_INT, .number = n };
}

struct db_arg
db_arg_bool(bool b)
{
	return (struct db_arg){ .type = DB_BOOL, .number = b };
}

struct db_arg
db_arg_time(int64_t us)
{
	return (struct db_arg){ .type = DB_TIME, .number = us };
}

struct db_arg
db_arg_guid(const struct guid *g)
{
	struct db_arg p = { .type = DB_GUID };

	if (!g)
		return db_arg_null();
	p.guid = *g;
	return p;
}

static void
big_endian(char *to, uint64_t n, size_t bytes)
{
	while (bytes--) {
		to[bytes] = (char)(n & 0xff);
		n >>= 8;
	}
}

static uint64_t
from_big_endian(const char *at, size_t bytes)
{
	uint64_t n = 0;

	while (bytes--)
		n = n << 8 | (unsigned char)*at++;
	return n;
}

/* The server's infinities are the ends of its range, as ours are. */
static int64_t
to_server_time(int64_t us)
{
	if (us == INT64_MAX || us < INT64_MIN + EPOCH_2000_US)
		return us == INT64_MAX ? INT64_MAX : INT64_MIN;
	return us - EPOCH_2000_US;
}

static int64_t
from_server_time(int64_t us)
{
	if (us == INT64_MIN || us > INT64_MAX - EPOCH_2000_US)
		return us == INT64_MIN ? INT64_MIN : INT64_MAX;
	return us + EPOCH_2000_US;
}

static bool
bind_text(struct str s, struct err *e)
{
	if (memchr(s.at, '\0', s.len) || !utf8_valid(s))
		return err_why(e, ERR_MALFORMED,
		    "text for the database is not UTF-8 or holds NUL");
	return true;
}

static bool
bind_one(struct db_bound *to, size_t i, const struct db_arg *p, struct err *e)
{
	const char *at = to->fixed[i];
	size_t len = 8;

	switch (p->type) {
	case DB_NULL:
		at = NULL;
		len = 0;
		break;
	case DB_TEXT:
	case DB_BYTES:
	case DB_RAW:
		if (p->type == DB_TEXT && !bind_text(p->bytes, e))
			return false;
		at = p->bytes.at;
		len = p->bytes.len;
		break;
	case DB_INT:
		big_endian(to->fixed[i], (uint64_t)p->number, 8);
		break;
	case DB_TIME:
		big_endian(
		    to->fixed[i], (uint64_t)to_server_time(p->number), 8);
		break;
	case DB_BOOL:
		to->fixed[i][0] = p->number != 0;
		len = 1;
		break;
	case DB_GUID:
		at = (const char *)p->guid.at;
		len = sizeof p->guid.at;
		break;
	}
	if (len > INT_MAX)
		return err_why(e, ERR_TOO_LARGE, "value of %zu bytes", len);
	to->at[i] = at;
	to->len[i] = (int)len;
	to->format[i] = 1;
	return true;
}

bool
db_bind(struct db_bound *to, const struct db_arg *args, size_t n, struct err *e)
{
	size_t i;

	if (n > DB_ARGS_MAX)
		return err_why(e, ERR_BROKEN, "%zu parameters", n);
	for (i = 0; i < n; i++)
		if (!bind_one(to, i, &args[i], e))
			return false;
	return true;
}

static void
put(struct buf *b, uint64_t n, size_t bytes)
{
	char *to = buf_room(b, bytes);

	if (!to)
		return;
	big_endian(to, n, bytes);
	buf_filled(b, bytes);
}

void
db_put_i16(struct buf *b, int16_t n)
{
	put(b, (uint16_t)n, 2);
}

void
db_put_i32(struct buf *b, int32_t n)
{
	put(b, (uint32_t)n, 4);
}

void
db_put_i64(struct buf *b, int64_t n)
{
	put(b, (uint64_t)n, 8);
}

void
db_put_time(struct buf *b, int64_t us)
{
	db_put_i64(b, to_server_time(us));
}

bool
db_read_int(struct db_cell v, int64_t *n)
{
	size_t len = v.type == T_INT8   ? 8
	             : v.type == T_INT4 ? 4
	             : v.type == T_INT2 ? 2
	                                : 0;
	uint64_t u;

	*n = 0;
	if (!len || (v.bytes.at && v.bytes.len != len))
		return false;
	if (!v.bytes.at)
		return true;
	u = from_big_endian(v.bytes.at, len);
	*n = len == 2 ? (int16_t)u : v.type == T_INT4 ? (int32_t)u : (int64_t)u;
	return true;
}

bool
db_read_bool(struct db_cell v, bool *b)
{
	*b = v.bytes.at && v.bytes.len == 1 && v.bytes.at[0] == 1;
	return v.type == T_BOOL && (!v.bytes.at || v.bytes.len == 1);
}

bool
db_read_text(struct db_cell v, struct str *s)
{
	*s = v.bytes;
	return v.type == T_TEXT || v.type == T_VARCHAR || v.type == T_NAME;
}

bool
db_read_bytes(struct db_cell v, struct str *s)
{
	*s = v.bytes;
	return v.type == T_BYTEA;
}

bool
db_read_guid(struct db_cell v, struct guid *g)
{
	memset(g, 0, sizeof *g);
	if (v.type != T_UUID || (v.bytes.at && v.bytes.len != sizeof g->at))
		return false;
	if (v.bytes.at)
		memcpy(g->at, v.bytes.at, sizeof g->at);
	return true;
}

bool
db_read_time(struct db_cell v, int64_t *us)
{
	*us = 0;
	if (v.type != T_TIMESTAMPTZ || (v.bytes.at && v.bytes.len != 8))
		return false;
	if (v.bytes.at)
		*us = from_server_time((int64_t)from_big_endian(v.bytes.at, 8));
	return true;
}

/* Takes `bytes` from the front of s as a number; false when s is shorter. */
static bool
take(struct str *s, size_t bytes, uint64_t *n)
{
	if (s->len < bytes)
		return false;
	*n = from_big_endian(s->at, bytes);
	s->at += bytes;
	s->len -= bytes;
	return true;
}

/* array_send: dimensions, null flag, element type; then length and lower
 * bound of each dimension. */
static bool
array_head(struct str *s, size_t *count)
{
	uint64_t dims, nulls, type, len, from;

	if (!take(s, 4, &dims) || !take(s, 4, &nulls) || !take(s, 4, &type) ||
	    type != T_TEXT || dims > 6)
		return false;
	*count = dims ? 1 : 0;
	while (dims--) {
		if (!take(s, 4, &len) || !take(s, 4, &from) ||
		    (len && *count > SIZE_MAX / len))
			return false;
		*count *= len;
	}
	/* Each element takes at least its length word. */
	return *count <= s->len / 4;
}

bool
db_read_texts(struct db_cell v, struct arena *a, struct str **to, size_t *n)
{
	struct str s = v.bytes;
	uint64_t len;
	size_t i;

	*n = 0;
	*to = NULL;
	if (v.type != T_TEXTS || (s.at && !array_head(&s, n)))
		return false;
	*to = arena_get(a, (*n ? *n : 1) * sizeof **to);
	for (i = 0; i < *n; i++) {
		if (!take(&s, 4, &len))
			return false;
		if ((int32_t)len < 0)
			continue;
		if (len > s.len)
			return false;
		(*to)[i] = (struct str){ s.at, len };
		s.at += len;
		s.len -= len;
	}
	return s.len == 0;
}
