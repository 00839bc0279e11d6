/* map.h - what becomes of each element between FHIR versions: the vocabulary
 * SPDX-License-Identifier: Apache-2.0
 *
 * One table per type says how the three versions have each of its elements;
 * fhir/convert reads it in all four directions (DSTU2 to STU3 and back, STU3
 * to R4 and back; farther ways are composed). A row reads like a line of the
 * specification:
 *
 *   { "careProvider * Reference", "generalPractitioner * Reference", "=",
 *       .why = "renamed" },
 *
 * What follows from the three columns alone, nobody needs to say:
 *   - another name: renamed, its `_name` sibling too;
 *   - one here, many there: wrapped; many here, one there: the first goes
 *     over, the others go to the inter-version extension;
 *   - another type that holds the same JSON (Quantity, Age): as it is;
 *   - no such element there, or a choice that does not offer its type: the
 *     inter-version extension on what holds it, and back from there.
 * What does not follow is a code table, a turn (one value into another form)
 * or done by hand (a hook).
 *
 * The inter-version extension is http://hl7.org/fhir/<v>/StructureDefinition/
 * extension-<path>, with the version and the path of the source's element.
 * It holds what the target cannot, and the original of a value that its
 * mapping would not bring back. */
#ifndef FHIR_MAP_H
#define FHIR_MAP_H

#include "fhir/map_type.h"
#include "fhir/tree.h"
#include "fhir/version.h"

struct convert;    /* one conversion under way */
struct map_object; /* one object of it, while its rows are worked through */

/* A code that changes its word. What becomes of codes that are not in the
 * table its end says: MAP_END: they stay. MAP_END_UP, MAP_END_BOTH: they are
 * no words of the target, and omitted. */
enum map_ways { MAP_BOTH, MAP_UP, MAP_DOWN, MAP_NEITHER };
struct map_code {
	const char *low, *high; /* NULL: there is no word for it: omitted */
	enum map_ways ways;
};

/* A value and its `_name` sibling (id and extensions of a primitive). Either
 * may be NULL. A list's sibling is a list. */
struct map_value {
	struct tree_node *value, *under;
};

struct map_row;

/* One value into the form that the other version has, as a new value: `from`
 * is left alone. For a row that has many on one side, its list. NULL value:
 * it cannot be said there. */
typedef struct map_value map_turn(
    struct convert *c, const struct map_row *row, struct map_value from);

struct map_turning {
	map_turn *up, *down;
};

/* A value that keeps its place and its form and is worded anew: a URL. */
typedef void map_rewrite(struct convert *c, struct tree_node *value);

/* What is special about a row between two neighbours. */
struct map_step {
	const struct map_code *codes; /* ends with MAP_END */
	const struct map_turning *turn;
	map_rewrite *rewrite; /* of each value; it stays in its place */
	const char *system;   /* of a code that becomes a CodeableConcept */
	bool hand;            /* a hook of the map takes it from its slot */
};

struct map_row {
	/* "name type", "name * type" for a list, "name[x] type|type" for a
	 * choice; "=" as to the left; NULL: it has no such element */
	const char *dstu2, *stu3, *r4;
	const struct map *map; /* children of a backbone element: "{}" */
	struct map_step d, r;  /* DSTU2 and STU3, STU3 and R4 */
	/* which of many goes over when there is room for one; NULL: the first */
	struct tree_node *(*pick)(struct tree_node *list);
	bool modifier;   /* lost, it goes to modifierExtension */
	const char *why; /* the reason, when a value is not simply kept */
};

/* MAP_ROW(dstu2, stu3, r4, .field = ...) */
#define MAP_ROW(d2, s3, r4_, ...)                                              \
	{                                                                      \
		.dstu2 = (d2), .stu3 = (s3), .r4 = (r4_), __VA_ARGS__          \
	}

/* A hook sees an object after its members were sorted into slots. */
typedef void map_hook(struct convert *c, struct map_object *o);

struct map_hooks {
	map_hook *first; /* before the rows: takes slots of rows `hand` */
	map_hook *last;  /* after them: what the target demands */
};

struct map {
	const char *path[FHIR__MAX]; /* "Patient", "Patient.contact"; NULL:
	                                no such type */
	const struct map_row *rows;
	size_t n;
	bool resource; /* has the elements of Resource ... */
	bool domain;   /* ... and those of DomainResource */
	bool leaf;     /* an Extension: what has no home in it is dropped */
	struct map_hooks d_up, d_down, r_up, r_down;
};

/* MAP_ROWS(table) - for the two fields of a struct map. */
#define MAP_ROWS(table) .rows = table, .n = COUNT(table)
/* clang-format off */
#define MAP_END      { NULL, NULL, MAP_NEITHER }
#define MAP_END_UP   { NULL, NULL, MAP_UP }
#define MAP_END_BOTH { NULL, NULL, MAP_BOTH }
/* clang-format on */

/* ---- for hooks and turns --------------------------------------------------
 * All memory is the conversion's arena. */

struct arena *convert_arena(const struct convert *c);
enum fhir_version convert_to(const struct convert *c);

/* convert_slot - what the source had under that name (its own word) where the
 * row is `hand`, or where a row found no home; a value taken from it (set to
 * NULL) is done with, one left in it goes to the extension. A choice is named
 * with its type. Its value stands nowhere; where the row is `hand`, it is a
 * list if the source has a list there, and else is none. */
struct map_value *convert_slot(struct map_object *o, enum name id);

/* convert_back - what the extension brought back for the target's element of
 * that name, in the target's form: one value, or a list (array) of them. A
 * choice is named with its type. Taking it (set to NULL) keeps the engine from
 * putting it in place itself; it does so only where nothing stands. */
struct map_value *convert_back(struct map_object *o, enum name id);

/* convert_object - the object as it will be; put members with convert_put. */
struct tree_node *convert_object(struct map_object *o);

/* convert_put - a member of the target, under a literal name; a value that
 * stands in the way (a foreign element) goes. An empty value is not put. */
void convert_put(struct map_object *o, const char *name, struct map_value v);

/* convert_type - the value, of a datatype, becomes one of the target's; for
 * what a hook takes from a slot: those are converted only when kept. A list
 * is converted member by member. */
void convert_type(struct convert *c, enum map_type t, struct tree_node *value);

/* convert_child - the same for what a hook takes from the slot of that name,
 * by the row's own table; for the children of a backbone element. */
void convert_child(struct map_object *o, enum name id, struct tree_node *value);

/* convert_sibling - the extensions of a `_name`, in place. NULL is fine. */
void convert_sibling(struct convert *c, struct tree_node *under);

/* convert_keep - an extension of version v and of that path holds the value:
 * on an object, or on the `_name` sibling of a primitive (an object too).
 *   path   "Encounter.class"; a literal
 *   type   of the value, which is converted already
 *   value  of a list (array) each member has its own extension */
void convert_keep(struct convert *c, struct tree_node *holder,
    enum fhir_version v, const char *path, enum map_type type,
    struct map_value value);
void convert_keep_at(struct convert *c, struct tree_node *holder,
    const char *url, enum map_type type, struct map_value value);

/* convert_extend - an extension that is none of those, but one that FHIR has
 * for the purpose: it is written where those are not wanted, too. */
void convert_extend(struct convert *c, struct tree_node *holder,
    const char *url, enum map_type type, struct map_value value);

/* convert_kept - takes such an extension off a holder again and returns its
 * value (type: any); NULL value: there is none. Of several, the first.
 * convert_keep_at, convert_kept_at - the same for an extension whose URL is
 * none of the regular ones. convert_kept_all - the values of all, an array. */
struct map_value convert_kept(struct convert *c, struct tree_node *holder,
    enum fhir_version v, const char *path);
struct map_value convert_kept_at(
    struct convert *c, struct tree_node *holder, const char *url);
struct tree_node *convert_kept_all(
    struct convert *c, struct tree_node *holder, const char *url);

/* convert_copy - a deep copy that stands nowhere. NULL for NULL. */
struct tree_node *convert_copy(struct convert *c, const struct tree_node *n);

/* convert_first, convert_take - the first member of a list, the member of that
 * name of an object, taken out; NULL: there is none.
 * convert_hand_on - the extensions of one object are another's from now on. */
struct tree_node *convert_first(struct tree_node *list);
struct tree_node *convert_take(struct tree_node *holder, enum name id);
void convert_hand_on(struct tree_node *to, struct tree_node *from);

/* convert_items - the members of a list with their siblings, which it gives up;
 * or the one value that is none. */
struct convert_items {
	struct map_value *v;
	size_t n;
};
struct convert_items convert_items(struct convert *c, struct map_value v);

/* convert_append - one more in a list (value: an array), and in the list of
 * its siblings. */
void convert_append(
    struct convert *c, struct map_value *list, struct map_value v);

/* convert_equal - do both say the same? Numbers are equal when their text is;
 * NULL equals NULL. */
bool convert_equal(struct tree_node *a, struct tree_node *b);

/* Short makers: {"name": "text"}, {"system": ..., "code": ...} and such. */
struct tree_node *convert_text(struct convert *c, const char *text);
struct tree_node *convert_coding(
    struct convert *c, const char *system, struct str code);
/* convert_concept - {"coding": [coding]} */
struct tree_node *convert_concept(struct convert *c, struct tree_node *coding);

/* convert_absent - an object that says why there is none, for what the target
 * demands: the extension data-absent-reason and nothing else.
 * convert_is_absent - is it that, for that reason? */
struct map_value convert_absent(struct convert *c, const char *why);
bool convert_is_absent(const struct tree_node *n, const char *why);

/* convert_lost - counts a value that the target does not show as it was. */
enum convert_fate {
	CONVERT_EXTENSION, /* kept in an extension */
	CONVERT_CODE,      /* another code stands for it; original kept */
	CONVERT_DROPPED,
	CONVERT_UNKNOWN, /* a contained resource that no table knows: as it is */
	CONVERT_FATE__MAX
};
void convert_lost(struct convert *c, const char *path, enum convert_fate fate);

/* map_rename_type - a rewrite for URLs that hold a resource type: what is a
 * MedicationOrder in DSTU2 is a MedicationRequest from STU3 on (map_name.c). */
map_rewrite map_rename_type;

/* map_refers - does a Reference say that what it refers to is of that type? A
 * reference within its document (#id, urn:uuid) does not (map_name.c). */
bool map_refers(const struct tree_node *ref, const char *type);

/* Turns that several tables use (convert_turn.c). */
extern const struct map_turning turn_note;    /* string and Annotation list */
extern const struct map_turning turn_notes;   /* Annotation and its list */
extern const struct map_turning turn_concept; /* code and CodeableConcept */
extern const struct map_turning turn_coding;  /* Coding and CodeableConcept */
extern const struct map_turning turn_value;   /* Identifier and its value */
extern const struct map_turning turn_digits;  /* positiveInt and string */
extern const struct map_turning turn_day;     /* date and dateTime */

/* A reference to an Encounter; STU3 may have an EpisodeOfCare instead, which
 * has no home elsewhere. */
extern const struct map_turning turn_encounter;

#endif
