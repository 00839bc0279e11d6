/* db_value.h - PostgreSQL's binary format: parameters out, column values in
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: no libpq, no socket. Source: the send and receive functions named in
 * pg_type (int8send, uuid_recv, timestamptz_recv, array_send), which are
 * stable between server versions and the same on every machine: big-endian,
 * time in microseconds since 2000-01-01 UTC. */
#ifndef EXT_DB_VALUE_H
#define EXT_DB_VALUE_H

#include "base/arena.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/str.h"

#define DB_ARGS_MAX 32

/* ---- parameters ------------------------------------------------------------
 */

enum db_type {
	DB_NULL,
	DB_TEXT,
	DB_INT,
	DB_BOOL,
	DB_BYTES,
	DB_GUID,
	DB_TIME,
	DB_RAW
};

/* One parameter. Text and bytes are borrowed until the ask returns. */
struct db_arg {
	enum db_type type;
	struct str bytes; /* DB_TEXT, DB_BYTES, DB_RAW */
	int64_t number;   /* DB_INT; DB_BOOL; DB_TIME: us since 1970 UTC */
	struct guid guid;
};

struct db_arg db_arg_null(void);
struct db_arg db_arg_text(struct str s);         /* absent slice: null */
struct db_arg db_arg_int(int64_t n);             /* bigint */
struct db_arg db_arg_bool(bool b);               /* boolean */
struct db_arg db_arg_bytes(struct str s);        /* bytea; absent: null */
struct db_arg db_arg_guid(const struct guid *g); /* uuid; NULL: null */
struct db_arg db_arg_time(int64_t us);           /* timestamptz; us since
                                                    1970 UTC, INT64_MAX and
                                                    _MIN: +-infinity */
/* Already in the binary form of the parameter's type (arrays, composites). */
struct db_arg db_arg_raw(struct str s);

/* A statement by its name, with its parameters, which are borrowed. */
struct db_ask {
	const char *statement;
	const struct db_arg *args;
	size_t n;
};

/* Parameters as libpq wants them. */
struct db_bound {
	const char *at[DB_ARGS_MAX];
	int len[DB_ARGS_MAX];
	int format[DB_ARGS_MAX];
	char fixed[DB_ARGS_MAX][8]; /* numbers live here */
};

/* db_bind - false: ERR_MALFORMED for text that is not UTF-8 or holds NUL,
 * ERR_BROKEN for more than DB_ARGS_MAX. to borrows from args. */
bool db_bind(
    struct db_bound *to, const struct db_arg *args, size_t n, struct err *e);

/* ---- building a raw parameter ----------------------------------------------
 */

struct buf;
void db_put_i16(struct buf *b, int16_t n);
void db_put_i32(struct buf *b, int32_t n);
void db_put_i64(struct buf *b, int64_t n);
/* us since 1970 UTC becomes eight bytes as the server counts. */
void db_put_time(struct buf *b, int64_t us);

/* ---- columns ---------------------------------------------------------------
 */

/* A column's value as the server sent it; at == NULL: null. */
struct db_cell {
	uint32_t type; /* OID in pg_type */
	struct str bytes;
};

/* Each returns false when the cell is not of a type it reads, or its bytes do
 * not have the shape of that type; null gives 0, a GUID of zeros, no texts. */
bool db_read_int(struct db_cell v, int64_t *n); /* smallint, integer, bigint */
bool db_read_bool(struct db_cell v, bool *b);
bool db_read_text(struct db_cell v, struct str *s); /* text, varchar, name */
bool db_read_bytes(struct db_cell v, struct str *s);
bool db_read_guid(struct db_cell v, struct guid *g);
bool db_read_time(struct db_cell v, int64_t *us);
/* text[]; null elements are absent slices, dimensions read as one. */
bool db_read_texts(
    struct db_cell v, struct arena *a, struct str **to, size_t *n);

#endif
