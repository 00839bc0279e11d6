/* tree_read.c - a FHIR body as a tree: the reader
 * SPDX-License-Identifier: Apache-2.0
 *
 * One pass and no recursion: the open containers are the parents of the node
 * at hand. Functions that take and return a position return NULL once a
 * failure is recorded. */
#include "fhir/escape.h"
#include "fhir/tree_inner.h"
#include "fhir/tree_repeat.h"
#include "fhir/tree_scan.h"

#define SLAB_MAX 1024u /* nodes */
#define WIDE     32u   /* members; of more, names are compared at the end */

/* What is kept of an open object to see a name come twice. */
struct level {
	uint64_t seen; /* one bit per name, by bit_of */
	size_t members;
};

struct reader {
	const char *start, *end;
	struct arena *a;
	struct err *e;
	struct tree_node *root;
	struct tree_node *in;          /* innermost open container */
	struct tree_node *free, *stop; /* of the slab */
	size_t nodes, nodes_max;       /* in slabs so far */
	unsigned depth, depth_max;
	enum err_kind bad, large;
	struct level level[TREE_DEPTH_MAX + 1];
};

__attribute__((cold, noinline)) static const char *
refuse(struct reader *r, const char *p, const char *what)
{
	err_set(r->e, r->bad, "The JSON is not well formed at byte %zu: %s.",
	    (size_t)(p - r->start), what);
	return NULL;
}

__attribute__((cold, noinline)) static const char *
refuse_depth(struct reader *r, const char *p)
{
	err_set(r->e, r->large,
	    "The JSON is nested deeper than %u levels, at byte %zu.",
	    r->depth_max, (size_t)(p - r->start));
	return NULL;
}

/* More nodes, about as many as the rest of the text may need. */
__attribute__((noinline)) static bool
slab_get(struct reader *r, const char *p)
{
	size_t n = (size_t)(r->end - p) / 32 + 8,
	       left = r->nodes_max - r->nodes;

	if (!left)
		return err_set(r->e, r->large,
		    "The JSON has more than %zu values; the next is at byte "
		    "%zu.",
		    r->nodes_max, (size_t)(p - r->start));
	if (arena_over(r->a))
		return err_why(
		    r->e, ERR_BUSY, "byte budget spent in tree_read");
	if (n > SLAB_MAX)
		n = SLAB_MAX;
	if (n > left)
		n = left;
	r->free = arena_raw(r->a, n * sizeof *r->free);
	r->stop = r->free + n;
	r->nodes += n;
	return true;
}

/* A null at p, the youngest child of the open container. */
static inline struct tree_node *
node_get(struct reader *r, const char *p)
{
	struct tree_node *n = r->free, *in = r->in, *last;

	if (n == r->stop) {
		if (!slab_get(r, p))
			return NULL;
		n = r->free;
	}
	r->free = n + 1;
	*n = (struct tree_node){ .at = p, .parent = in, .next = n };
	if (in) {
		if ((last = in->u.last)) {
			n->next = last->next;
			last->next = n;
		}
		in->u.last = n;
	} else {
		r->root = n;
	}
	return n;
}

/* ---- strings and names -------------------------------------------------- */

/* From what scan_text stopped at to the closing quote. */
__attribute__((noinline)) static const char *
string_odd(struct reader *r, const char *p, bool *escaped)
{
	const char *what;
	size_t step;

	for (;; p = scan_text(p + step, r->end)) {
		if (p == r->end)
			return refuse(r, p, "it ends within a string");
		if (*p == '"')
			return p;
		if (*p == '\\') {
			*escaped = true;
			if ((what = escape_check(p, r->end, &step)))
				return refuse(r, p, what);
		} else if ((unsigned char)*p < 0x20) {
			return refuse(r, p, "a control character in a string");
		} else if (!(step = utf8_step(p, (size_t)(r->end - p)))) {
			return refuse(r, p, "bytes that are not UTF-8");
		}
	}
}

/* p: behind the opening quote. Returns the closing one. */
static inline const char *
string_end(struct reader *r, const char *p, bool *escaped)
{
	p = scan_text(p, r->end);
	return p < r->end && *p == '"' ? p : string_odd(r, p, escaped);
}

static inline uint64_t
bit_of(enum name id, struct str name)
{
	unsigned mix = id;

	if (!id && name.len)
		mix = (unsigned)name.len * 5 + (unsigned char)name.at[0] * 3 +
		      (unsigned char)name.at[name.len - 1];
	return (uint64_t)1 << mix % 64;
}

static bool
stood_before(const struct tree_node *n, struct str name)
{
	const struct tree_node *c = n->next; /* n is the youngest of its ring */

	for (; c != n; c = c->next)
		if (c->id == n->id && c->name_len == n->name_len &&
		    (n->id || str_eq(tree_name(c), name)))
			return true;
	return false;
}

static inline bool
repeats(struct reader *r, const struct tree_node *n, struct str name)
{
	struct level *l = &r->level[r->depth];
	uint64_t bit = bit_of(n->id, name);

	if (++l->members > WIDE)
		return false; /* object_end looks at all of them */
	if (l->seen & bit)
		return stood_before(n, name);
	l->seen |= bit;
	return false;
}

static inline const char *
name_read(struct reader *r, const char *p, struct tree_node *n)
{
	const char *from = p;
	struct str name;
	bool escaped = false;

	if (p == r->end || *p != '"')
		return refuse(r, p, "a member name is missing");
	if (!(p = string_end(r, p + 1, &escaped)))
		return NULL;
	name = (struct str){ from + 1, (size_t)(p - from) - 1 };
	if (escaped)
		name = *escape_decode(r->a, name);
	tree_name_set(r->a, n, name);
	if (repeats(r, n, name))
		return refuse(r, from, "a member name for the second time");
	p = scan_space(p + 1, r->end);
	if (p == r->end || *p != ':')
		return refuse(r, p, "a colon is missing");
	return scan_space(p + 1, r->end);
}

/* ---- values
 * ------------------------------------------------------------------ */

static inline const char *
open_read(struct reader *r, const char *p, struct tree_node *n)
{
	if (r->depth == r->depth_max)
		return refuse_depth(r, p);
	r->level[++r->depth] = (struct level){ 0, 0 };
	n->kind = *p == '{' ? TREE_OBJECT : TREE_ARRAY;
	r->in = n;
	return p + 1;
}

static inline const char *
string_read(struct reader *r, const char *p, struct tree_node *n)
{
	bool escaped = false;

	if (!(p = string_end(r, p + 1, &escaped)))
		return NULL;
	n->kind = TREE_STRING;
	if (escaped) {
		n->escaped = 1;
		n->u.home = r->a;
	}
	return p + 1;
}

static inline const char *
number_read(struct reader *r, const char *p, struct tree_node *n)
{
	n->kind = TREE_NUMBER;
	return scan_number(&p, r->end) ? p : refuse(r, p, "a digit is missing");
}

static const char *
word_read(struct reader *r, const char *p, struct tree_node *n)
{
	static const struct str words[] = { [TREE_NULL] = STR("null"),
		[TREE_FALSE] = STR("false"),
		[TREE_TRUE] = STR("true") };
	enum tree_kind k;

	for (k = TREE_NULL; k <= TREE_TRUE; k++)
		if ((size_t)(r->end - p) >= words[k].len &&
		    !memcmp(p, words[k].at, words[k].len)) {
			n->kind = k;
			return p + words[k].len;
		}
	return refuse(r, p, "a value is missing");
}

/* A whole scalar, or the opening of a container. */
static inline const char *
value_read(struct reader *r, const char *p, struct tree_node *n)
{
	char c = p < r->end ? *p : '\0';

	n->at = p;
	if (c == '"')
		p = string_read(r, p, n);
	else if (c == '{' || c == '[')
		return open_read(r, p, n);
	else if (c == '-' || (c >= '0' && c <= '9'))
		p = number_read(r, p, n);
	else
		p = word_read(r, p, n);
	if (p)
		n->len = (uint32_t)(p - n->at);
	return p;
}

/* Where in the text the name of a member stands. */
static const char *
name_place(const struct tree_node *n)
{
	const char *from = n->parent->at;
	const struct tree_node *c;

	for (c = tree_first(n->parent); c != n; c = tree_next(c))
		from = c->at + c->len;
	return memchr(from, '"', (size_t)(n->at - from));
}

__attribute__((noinline)) static bool
wide_end(struct reader *r, const struct tree_node *obj, size_t members)
{
	const struct tree_node *again;

	if (arena_over(r->a))
		return err_why(
		    r->e, ERR_BUSY, "byte budget spent in tree_read");
	if (!(again = tree_repeat(obj, members)))
		return true;
	refuse(r, name_place(again), "a member name for the second time");
	return false;
}

static inline char
closer(const struct tree_node *n)
{
	return n->kind == TREE_OBJECT ? '}' : ']';
}

/* Behind a value and the blanks that follow it: closes what ends here.
 * Returns where the next value or member starts; at the end r->in is NULL. */
static inline const char *
ends_read(struct reader *r, const char *p)
{
	struct tree_node *in;

	while ((in = r->in)) {
		char c = p < r->end ? *p : '\0';

		if (c == ',')
			return scan_space(p + 1, r->end);
		if (c != closer(in))
			return refuse(r, p,
			    in->kind == TREE_OBJECT
				? "a comma or } is missing"
				: "a comma or ] is missing");
		if (r->level[r->depth].members > WIDE &&
		    !wide_end(r, in, r->level[r->depth].members))
			return NULL;
		in->len = (uint32_t)(++p - in->at);
		r->in = in->parent;
		r->depth--;
		p = scan_space(p, r->end);
	}
	return p;
}

static const char *
all_read(struct reader *r, const char *p)
{
	struct tree_node *n;

	do {
		if (!(n = node_get(r, p)))
			return NULL;
		if (r->in && r->in->kind == TREE_OBJECT)
			p = name_read(r, p, n);
		if (!p || !(p = value_read(r, p, n)))
			return NULL;
		p = scan_space(p, r->end);
		if (r->in != n || (p < r->end && *p == closer(n)))
			p = ends_read(r, p);
	} while (p && r->in);
	return p;
}

static void
reader_init(struct reader *r, struct arena *a, struct str text,
    const struct tree_limits *lim, struct err *e)
{
	r->start = text.at;
	r->end = text.at + text.len;
	r->a = a;
	r->e = e;
	r->root = r->in = NULL;
	r->free = r->stop = NULL;
	r->nodes = 0;
	r->nodes_max = lim->nodes ? lim->nodes : SIZE_MAX;
	r->depth = 0;
	r->depth_max = lim->depth ? lim->depth : TREE_DEPTH;
	if (r->depth_max > TREE_DEPTH_MAX)
		r->depth_max = TREE_DEPTH_MAX;
	r->bad = lim->bad ? lim->bad : ERR_MALFORMED;
	r->large = lim->large ? lim->large : ERR_TOO_MANY;
	r->level[0] = (struct level){ 0, 0 };
}

/* Behind the mark that some write before UTF-8 text. */
static const char *
mark_skip(struct str text)
{
	return str_starts(text, "\xef\xbb\xbf") ? text.at + 3 : text.at;
}

struct tree_node *
tree_read(struct arena *a, struct str text, const struct tree_limits *lim,
    struct err *e)
{
	const char *body = mark_skip(text), *p;
	struct reader r;

	reader_init(&r, a, text, lim, e);
	if (text.len >= UINT32_MAX) {
		err_set(e, r.large, "The JSON is 4 GiB or longer.");
		return NULL;
	}
	p = scan_space(body, r.end);
	if (lim->object && (p == r.end || *p != '{'))
		p = refuse(&r, p, "an object is expected");
	if (p && (p = all_read(&r, p)) && p != r.end)
		p = refuse(&r, p, "text after the value");
	if (!p)
		return NULL;
	if (r.root->kind >= TREE_ARRAY) { /* with the blanks around it */
		r.root->at = body;
		r.root->len = (uint32_t)(r.end - body);
	}
	return r.root;
}
