/* map_coverage.h - what the files of Coverage's conversion share
 * SPDX-License-Identifier: Apache-2.0
 *
 * Groups, plans and their like stand elsewhere in each version: DSTU2 has three
 * texts, STU3 one grouping of pairs, R4 a list of classes. */
#ifndef FHIR_MAP_COVERAGE_H
#define FHIR_MAP_COVERAGE_H

#include "fhir/map_tables.h"

/* A pair of STU3's grouping, and the class that it is in R4. Those that DSTU2
 * has are one text under the name of the pair's first half. */
struct coverage_kind {
	const char *id, *display; /* "group", "groupDisplay" */
	const char *code;         /* of the class: "group" */
	bool dstu2;
};
#define COVERAGE_PAIRS 6u
extern const struct coverage_kind coverage_kinds[COVERAGE_PAIRS];

/* More classes of R4: STU3 has the sequence beside the grouping, DSTU2 the
 * bin. */
enum { COVERAGE_SEQUENCE = COVERAGE_PAIRS, COVERAGE_RXBIN, COVERAGE_NO_KIND };

/* coverage_kind - which kind a class is, by its type: an index into
 * coverage_kinds or one of those above. Some converters write subGroup for
 * subgroup, some servers a text alone. */
unsigned coverage_kind(struct tree_node *type);

/* What names a thing, and how it is called; the second may be absent. */
struct coverage_pair {
	struct str value, name;
};

/* coverage_pair - of a grouping; a name alone is the value too. */
struct coverage_pair coverage_pair(
    struct tree_node *grouping, const struct coverage_kind *k);

/* coverage_whole - would the grouping come back just so from R4, or from the
 * three texts of DSTU2? */
bool coverage_whole(struct tree_node *grouping, bool dstu2);

/* Hooks for the four ways (struct map_hooks, first). */
void coverage_grouping_up(struct convert *c, struct map_object *o);
void coverage_grouping_down(struct convert *c, struct map_object *o);
void coverage_class_up(struct convert *c, struct map_object *o);
void coverage_class_down(struct convert *c, struct map_object *o);

/* The bin of DSTU2, a class of type rxbin in R4; hooks for its own step. */
void coverage_bin_up(struct convert *c, struct map_object *o);
void coverage_bin_down(struct convert *c, struct map_object *o);

#endif
