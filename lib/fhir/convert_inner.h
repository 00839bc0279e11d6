/* convert_inner.h - what the files of the conversion engine share
 * SPDX-License-Identifier: Apache-2.0
 *
 *   convert.c         walks over a resource, member by member
 *   convert_slot.c    places what could not stay where it was
 *   convert_change.c  words it anew, by code table or turn
 *   convert_tidy.c    sees that there is nothing to do
 *   convert_keep.c    inter-version extensions: out
 *   convert_back.c    and back
 *   convert_make.c    new nodes, and whether two are equal
 *   convert_turn.c    the turns that several tables use
 *   convert_strip.c   takes out what only the way needed */
#ifndef FHIR_CONVERT_INNER_H
#define FHIR_CONVERT_INNER_H

#include "fhir/convert.h"
#include "fhir/map_index.h"

struct convert {
	struct arena *a;
	enum map_way way;
	bool bare;      /* writes no inter-version extension */
	bool later;     /* writes them, for the next step; then they go */
	bool over;      /* convert_over was true once ... */
	bool stopped;   /* ... for this reason */
	unsigned steps; /* how often it was asked */
	const struct convert_how *how; /* NULL: nobody stops it */
	struct convert_losses *losses;
};

/* What was found for a row of the table. */
struct map_slot {
	struct map_value from, back;
	enum map_type type, back_type; /* MAP_NONE: nothing there */
};

/* Something that waits until all members were met. */
struct map_waiting {
	struct map_waiting *next;
	struct tree_node *node;
	const struct map_path *path; /* an extension: whose value it holds */
};

struct map_object {
	struct convert *c;
	struct tree_node *node;
	const struct map_index *x;
	struct map_slot *slots;     /* one a row; NULL while none is used */
	struct map_waiting *backs;  /* extensions to be undone, newest first */
	struct map_waiting *strays; /* elements of the other version */
	struct tree_node *lists[2]; /* extension, modifierExtension: found */
};

/* convert_over - is the process over its byte budget, or was it during this
 * conversion, or was that stopped? Then no more is made, and what there is is
 * not used. */
bool convert_over(struct convert *c);

/* convert_walk - one object by its table. */
void convert_walk(
    struct convert *c, struct tree_node *node, const struct map_index *x);

/* convert_tidy - is there nothing that the way from a version to itself would
 * mend in a resource? */
bool convert_tidy(enum map_way way, const struct tree_node *node);

/* convert_any - a resource by its resourceType. */
void convert_any(struct convert *c, struct tree_node *node);

/* convert_value - a value of a type, or a list of them, in place: objects are
 * walked, primitives get the JSON kind of their type.
 *   sub  the table of an object */
void convert_value(struct convert *c, enum map_type t,
    const struct map_index *sub, struct tree_node *value);

/* convert_extensions - a list of them; those that hold an element of the
 * target for `o` (may be NULL) are put aside. */
void convert_extensions(
    struct convert *c, struct tree_node *list, struct map_object *o);

/* convert_backs - what those hold goes to the slots. */
void convert_backs(struct map_object *o);

/* convert_shape - lenient reading of a row's value: one where a list belongs, a
 * list where one belongs. convert_hands - of all that hooks will take. */
void convert_shape(
    struct map_object *o, const struct map_path *p, struct map_value *v);
void convert_hands(struct map_object *o);

/* convert_settle - places what is in the slots of an object. */
void convert_settle(struct map_object *o);
struct map_slot *convert_slot_at(struct map_object *o, size_t row);

/* convert_lose - the value of a row goes to the extension; it is not yet
 * converted. */
void convert_lose(struct map_object *o, const struct map_path *p,
    enum map_type t, struct map_value v);

/* convert_hold - the same on any holder, converted already.
 *   sub  the table of an object, for those that no extension can hold whole
 *   modifier  it must not be missed by who does not know the extension */
void convert_hold(struct convert *c, struct tree_node *holder, const char *url,
    enum map_type t, const struct map_index *sub, struct map_value v,
    bool modifier);

/* convert_taken - takes the first extension with that URL off a holder: its
 * value and the type it is written with; nested ones as `sub` has them. */
struct map_value convert_taken(struct convert *c, struct tree_node *holder,
    const char *url, const struct map_index *sub, enum map_type *t);

/* convert_url - of the extension for a path of a version. */
const char *convert_url(
    struct convert *c, enum fhir_version v, const char *path);

/* convert_list_at - the member of that name, an array; made if need be. */
struct tree_node *convert_list_at(
    struct convert *c, struct tree_node *holder, const char *name);

/* convert_settle_code, convert_settle_turn - a value by its row's code table;
 * what is in a slot by its row's turn. A value that would not come back as it
 * was keeps the original beside it. */
void convert_settle_code(
    struct map_object *o, const struct map_path *p, struct map_value *v);
void convert_settle_turn(
    struct map_object *o, const struct map_path *p, struct map_slot *s);

/* convert_turned - what the other side's form of a value is, by the step's
 * turn; up tells the direction. */
struct map_value convert_turned(struct convert *c, const struct map_path *p,
    bool up, struct map_value from);

/* convert_code - the word for a code on the other side; absent: none. */
struct str convert_code(const struct map_code *codes, bool up, struct str code);

bool convert_empty(const struct tree_node *n);

/* convert_list - an array that holds n, which stands nowhere. */
struct tree_node *convert_list(struct convert *c, struct tree_node *n);

/* convert_strip - all inter-version extensions that were made here go, but
 * those that modify. */
void convert_strip(struct convert *c, struct tree_node *root);

#endif
