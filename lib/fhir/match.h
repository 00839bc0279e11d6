/* match.h - does a record match a search, and which record comes first?
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a provider cannot search or sort by is done here, on records that are
 * already of the face's version. Values mean what the faces promise: a string
 * is contained in the name, without case and accents, unless :exact; a date is
 * the span that it is; a token's system counts in any version's spelling.
 *
 * identifier without a system is a record number: of type MR (v2 table 0203),
 * where the patient has any identifier that says it is one; a patient without
 * such a type is found by whatever number is the same, for hospitals that tell
 * no types would find nobody otherwise. */
#ifndef FHIR_MATCH_H
#define FHIR_MATCH_H

#include "fhir/date.h"
#include "fhir/param.h"
#include "fhir/search.h"

struct match;

/* match_open - params as search_read left them, made ready to be compared with
 * many records; all must fit. Borrowed from a and from params. */
const struct match *match_open(struct arena *a, enum iface_type t,
    enum fhir_version face, const struct search_param *params, size_t n);

/* match_fits - does this record match all of them?
 *   a  scratch: some bytes for every text that is compared */
bool match_fits(
    const struct match *m, struct arena *a, const struct tree_node *resource);

/* match_whom - the id of the patient that this record is about, by the element
 * that the face has for it; a Coverage by its beneficiary, wherever conversion
 * put it, and by its subscriber only if it names no beneficiary. Absent: it
 * says none that is an id.
 * match_about - is it about that patient? So is what is about none by its type.
 *   patient  id */
struct str match_whom(enum iface_type t, enum fhir_version face,
    const struct tree_node *resource);
bool match_about(enum iface_type t, enum fhir_version face,
    const struct tree_node *resource, struct str patient);

/* match_among - is its id one of these?
 *   ids  one id or several with commas between */
bool match_among(const struct tree_node *resource, struct str ids);

/* match_sort - puts records into the order of these keys; equal ones keep
 * theirs. Dates compare by their start (of several the earliest, newest first
 * the latest), texts without case and accents. Records without a value, or
 * with one that is no date, come last in either direction.
 *   list  n records; scratch: where the keys are kept */
void match_sort(struct arena *a, enum iface_type t, enum fhir_version face,
    const struct search_sort *sort, size_t sorts, struct tree_node **list,
    size_t n);

/* Where a list ends that is in order: the date of its last record that has
 * one. All zero: nothing came before. */
struct match_end {
	bool has;
	struct date_span span;
};

/* match_sorted - may a server have sorted these records so? Looks at the first
 * key, if it is a date: periods may go by their starts or by their ends, and
 * records without a date may stand anywhere.
 *   end  where the list before this one ended; then where this one does */
bool match_sorted(enum iface_type t, enum fhir_version face,
    const struct search_sort *sort, size_t sorts, struct tree_node *const *list,
    size_t n, struct match_end *end);

#endif
