/* value.h - search values: lists, dates, tokens, ids and references
 * SPDX-License-Identifier: Apache-2.0
 *
 * Values are decoded text. In them \, \| \$ and \\ stand for the character
 * itself, and a comma without the backslash separates alternatives. */
#ifndef FHIR_VALUE_H
#define FHIR_VALUE_H

#include "base/arena.h"
#include "fhir/iface.h"

/* value_part - what stands before the first c that has no backslash before it;
 * *rest holds what follows it, absent if there is none.
 * value_cut - the same for a comma, from a list that becomes shorter. */
struct str value_part(struct str s, char c, struct str *rest);
struct str value_cut(struct str *rest);

/* value_plain - without the backslashes; borrowed from a, or s itself.
 * value_escaped - with them. */
struct str value_plain(struct arena *a, struct str s);
struct str value_escaped(struct arena *a, struct str s);

/* value_whom - the id of the patient that a reference names; absent: none.
 * value_refers - does a reference name that patient: Patient/id, relative,
 * absolute, or with a version? */
struct str value_whom(struct str reference);
bool value_refers(struct str reference, struct str patient);

/* value_date - [eq|ne|lt|gt|le|ge|sa|eb|ap]YYYY[-MM[-DD[Thh:mm[:ss[.fff]]
 * [Z|+hh:mm]]]], a real day of the calendar. A blank in the place of the zone's
 * + is one that was not percent-encoded.
 *   *day  is it one day, or a time on it, and nothing before or after? */
bool value_date(struct str s, bool *day);

/* value_token - code, system|code, |code or system|; at most one bare |. */
bool value_token(struct str s);

/* value_patient - the id in `id`, `Patient/id`, or in the URL of a patient
 * under one of our faces. false: none of these. */
bool value_patient(struct str s, struct str public_base, struct str *id);

/* value_read - checks s for p and puts it into its one form: references are
 * bare ids, codes of a closed set are spelled as in the set, the zone of a
 * date has its +.
 *   *narrow  does it narrow a search, as far as its value goes?
 * false: it is no value for p; value_wants says what is. */
bool value_read(struct arena *a, const struct iface_param *p,
    struct str public_base, struct str s, struct str *out, bool *narrow);

/* value_wants - "takes a date, such as ..." for the sentence of a refusal. */
const char *value_wants(struct arena *a, const struct iface_param *p);

#endif
