/* tree.h - a FHIR body as a tree that keeps every byte it need not change
 * SPDX-License-Identifier: Apache-2.0
 *
 * A strict RFC 8259 reader, accessors, builders and a writer. Numbers are
 * never computed with: 72.0, 1.00, -0, 1e400 keep their text. A value that was
 * not changed is written as the very bytes it was read from, blanks included;
 * what was changed or made is written without blanks.
 *
 * All memory comes from one arena; nodes point into the text that was read,
 * so both must outlive the tree. A tree belongs to one thread at a time, the
 * accessors included: tree_text decodes an escaped string when first asked.
 * Functions that read take NULL for an absent node and answer "absent", so
 * calls nest: tree_text(tree_get(tree_get(bundle, "meta"), "versionId")). */
#ifndef FHIR_TREE_H
#define FHIR_TREE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "fhir/name.h"

enum tree_kind {
	TREE_NULL,
	TREE_FALSE,
	TREE_TRUE,
	TREE_NUMBER,
	TREE_STRING,
	TREE_ARRAY,
	TREE_OBJECT,
	TREE__MAX
};

#define TREE_NAME_LONG 255u /* name_len of names of that length and more */

/* One value. Callers read `kind`, `id` and, through the functions below, the
 * rest; only the tree modules write. */
struct tree_node {
	struct tree_node *next;   /* sibling; the last leads to the first */
	struct tree_node *parent; /* NULL: a root, or detached */
	union {
		struct tree_node *last; /* array, object: NULL when empty */
		const struct str *text; /* string, decoded */
		struct arena *home;     /* string, escaped: where to decode */
	} u;
	const char *name; /* of a member: name_len bytes */
	const char *at;   /* as written, len bytes; made container: NULL */
	uint32_t len;
	uint16_t id;         /* enum name of a member */
	uint8_t name_len;    /* TREE_NAME_LONG: name is a struct str */
	uint8_t kind : 3;    /* enum tree_kind */
	uint8_t changed : 1; /* not as in `at`; a string: `at` is its text */
	uint8_t escaped : 1; /* string: u.home, not decoded yet */
	uint8_t decoded : 1; /* string: u.text */
};

/* ---- reading ------------------------------------------------------------- */

#define TREE_DEPTH     64u  /* of arrays and objects, when limits say 0 */
#define TREE_DEPTH_MAX 256u /* limits above it count as this */

/* What a reader lets a stranger do, and how it says no. */
struct tree_limits {
	unsigned depth;      /* arrays and objects within each other; 0: 64 */
	size_t nodes;        /* values, containers included; 0: no limit */
	bool object;         /* the top level must be an object */
	enum err_kind bad;   /* not JSON; ERR_NONE: ERR_MALFORMED */
	enum err_kind large; /* over a limit; ERR_NONE: ERR_TOO_MANY */
};

/* tree_read - the value that text holds, borrowed from a and from text.
 *
 * One leading UTF-8 byte order mark is skipped. Refused: whatever RFC 8259
 * does not allow, bytes that are not UTF-8, a member name twice in one object
 * (in any spelling), \u0000, a surrogate without its other half, text after
 * the value, text of 4 GiB and more.
 *
 * NULL: lim->bad or lim->large; `said` tells what is wrong and at which byte
 * (the first is byte 0), and quotes nothing. ERR_BUSY: the process is over
 * its byte budget. */
struct tree_node *tree_read(struct arena *a, struct str text,
    const struct tree_limits *lim, struct err *e);

/* ---- looking ------------------------------------------------------------ */

/* Children in their order:
 *   for (c = tree_first(n); c; c = tree_next(c))
 * NULL when n is absent, empty or no container. */
static inline struct tree_node *
tree_first(const struct tree_node *n)
{
	return n && n->kind >= TREE_ARRAY && n->u.last ? n->u.last->next : NULL;
}

static inline struct tree_node *
tree_next(const struct tree_node *n)
{
	return n->parent && n->parent->u.last != n ? n->next : NULL;
}

/* tree_each - the same as a loop head. Do not remove c inside; tree_sift does
 * that. */
#define tree_each(c, n) for ((c) = tree_first(n); (c); (c) = tree_next(c))

static inline bool
tree_is(const struct tree_node *n, enum tree_kind kind)
{
	return n && n->kind == kind;
}

/* tree_get - the member of that name; NULL also when n is no object. tree_at -
 * the same by number, faster. tree_member - for a name that is not NUL-
 * terminated. */
struct tree_node *tree_get(const struct tree_node *n, const char *name);
struct tree_node *tree_at(const struct tree_node *n, enum name id);
struct tree_node *tree_member(const struct tree_node *n, struct str name);

/* tree_text - string: its text, decoded, UTF-8, free of NUL; number, true,
 * false: as written. Absent for null, array, object and NULL. */
struct str tree_text(struct tree_node *n);

/* tree_str - the text of the member of that name if it is a string; else
 * absent. */
struct str tree_str(const struct tree_node *n, const char *name);

/* tree_name - the member's name, decoded; absent for what is no member. */
struct str tree_name(const struct tree_node *n);

/* tree_count - how many children; it walks over them. */
size_t tree_count(const struct tree_node *n);

/* tree_walk - the node after n in the order of the text, within root; NULL at
 * the end. Visits everything:  for (n = root; n; n = tree_walk(n, root)) */
struct tree_node *tree_walk(
    const struct tree_node *n, const struct tree_node *root);

/* ---- making ---------------------------------------------------------------
 * New values stand nowhere yet. Text is not copied: it lives as long as the
 * tree (a literal, or text in an arena that does), is UTF-8 and free of NUL. */

struct tree_node *tree_null(struct arena *a);
struct tree_node *tree_bool(struct arena *a, bool value);
struct tree_node *tree_integer(struct arena *a, int64_t value);
struct tree_node *tree_string(struct arena *a, struct str text);
struct tree_node *tree_array(struct arena *a);
struct tree_node *tree_object(struct arena *a);

/* tree_number - NULL when text is not a number of RFC 8259 6. */
struct tree_node *tree_number(struct arena *a, struct str text);

/* ---- changing ---------------------------------------------------------------
 * Each marks what it changes and all that holds it, so that tree_write knows
 * what it may copy. A child that stands elsewhere is taken out from there
 * first. A value must never be put inside itself. */

/* tree_put - obj has this one member of that name: a former one gives up its
 * place, else it goes to the end. The name is not copied. Returns child. */
struct tree_node *tree_put(struct arena *a, struct tree_node *obj,
    const char *name, struct tree_node *child);

/* tree_put_at - the same by number, faster; id is none but NAME_NONE. */
struct tree_node *tree_put_at(
    struct tree_node *obj, enum name id, struct tree_node *child);

/* tree_append - child becomes the last of an array; of an object too, when it
 * is a member that keeps its name (a node taken from another object, or one
 * that tree_rename named): the caller knows that the name is free there.
 * tree_insert - the same, before a child of the array or object. */
void tree_append(struct tree_node *to, struct tree_node *child);
void tree_insert(struct tree_node *before, struct tree_node *child);

/* tree_rename - gives a node a name, for obj or for tree_append; not copied.
 * The caller knows that it is free. */
void tree_rename(struct arena *a, struct tree_node *n, const char *name);

/* tree_remove - n stands nowhere now, and keeps its name. Costs a walk over
 * its elder siblings; where a stranger chose how many there are, use
 * tree_sift. NULL is fine. */
void tree_remove(struct tree_node *n);

/* tree_sift - fate decides on every child, in order: the child itself stays,
 * another node (standing nowhere) takes its place and its name, NULL takes it
 * out. */
void tree_sift(struct tree_node *n,
    struct tree_node *(*fate)(struct tree_node *child, void *ctx), void *ctx);

/* tree_set - n keeps its place and name and gets the value of `from`, whose
 * children move over; `from` becomes null. */
void tree_set(struct tree_node *n, struct tree_node *from);

/* tree_set_text - n becomes the string `text`, which is not copied. */
void tree_set_text(struct tree_node *n, struct str text);

/* ---- writing ------------------------------------------------------------ */

/* tree_write - n as JSON at the end of b. What was read and not changed comes
 * out byte for byte (a container at the top with the blanks around it, without
 * byte order mark). Over b's ceiling: b->failed, as ever. */
void tree_write(struct buf *b, const struct tree_node *n);

#endif
