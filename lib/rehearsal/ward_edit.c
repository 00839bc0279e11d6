/* ward_edit.c - a patient's records, new or changed by hand
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_edit.h"

#include <string.h>

#include "base/clock.h"
#include "rehearsal/ward_path.h"
#include "rehearsal/ward_shape.h"

#define RECORD_BYTES    ((size_t)64 * 1024)
#define NARRATIVE_BYTES ((size_t)16 * 1024)
#define REFERENCES      16

const char *
ward_edit_id(struct arena *a, const struct ward_kind *k, struct str stem)
{
	return arena_printf(a, "%s-%.*s", k->name, STR_FMT(stem));
}

/* ---- a new one ---- */

static void
point(struct arena *a, struct tree_node *n, struct str patient, struct str stay)
{
	struct str to = tree_str(n, "reference");
	struct tree_node *at = tree_get(n, "reference");

	if (str_starts(to, "Patient/"))
		tree_set_text(at,
		    str_of(arena_printf(a, "Patient/%.*s", STR_FMT(patient))));
	else if (str_starts(to, "Encounter/") && stay.at)
		tree_set_text(at,
		    str_of(arena_printf(a, "Encounter/%.*s", STR_FMT(stay))));
	else if (tree_get(n, "display"))
		tree_remove(at);
	else
		tree_remove(n);
}

static void
point_all(struct arena *a, struct tree_node *record, struct str patient,
    struct str stay)
{
	struct tree_node *found[REFERENCES], *n;
	size_t count = 0, i;

	for (n = record; n && count < REFERENCES; n = tree_walk(n, record))
		if (tree_str(n, "reference").at)
			found[count++] = n;
	for (i = 0; i < count; i++)
		point(a, found[i], patient, stay);
}

/* HTEST, "test health data": FHIR's own mark for records of nobody. */
static void
mark_test(struct arena *a, enum fhir_version v, struct tree_node *record)
{
	const struct tree_limits lim = { .object = true };
	struct buf b = buf_new(a, RECORD_BYTES);
	struct ward_json j = { &b, v };
	struct err no = { .kind = ERR_NONE };
	struct tree_node *list = tree_array(a);

	ward_coding(&j, NULL, "hl7:v3/ActReason", "HTEST", "test health data");
	tree_append(list, tree_read(a, (struct str){ b.at, b.len }, &lim, &no));
	tree_put(a, tree_get(record, "meta"), "security", list);
}

static const char *const not_asked[] = { "telecom", "address", "careProvider",
	"generalPractitioner", "managingOrganization" };

static void
strip(const struct ward_kind *k, struct tree_node *record)
{
	size_t i;

	for (i = 0; i < WARD_DROPS && k->drop[i]; i++)
		ward_path_remove(record, k->drop[i]);
	for (i = 0; i < COUNT(not_asked); i++)
		tree_remove(tree_get(record, not_asked[i]));
}

struct tree_node *
ward_edit_new(struct arena *a, enum fhir_version v, const struct ward_kind *k,
    const char *id, struct str patient, struct str stay)
{
	const struct ward w = { v, ward_world(v, 1) };
	const struct tree_limits lim = { .object = true };
	struct buf b = buf_new(a, RECORD_BYTES);
	struct err no = { .kind = ERR_NONE };
	struct tree_node *record;
	size_t i;

	ward_put(&b, &w, k->type[v], k->k, id);
	record = tree_read(a, (struct str){ b.at, b.len }, &lim, &no);
	strip(k, record);
	mark_test(a, v, record);
	for (i = 0; i < k->n; i++)
		if (!k->fields[i].needed) /* that is set, around what it has */
			ward_field_set(a, &k->fields[i], v, record, STR(""));
	point_all(a, record, patient, stay);
	tree_put(
	    a, tree_get(record, "meta"), "versionId", tree_string(a, STR("0")));
	return record;
}

/* ---- set, and done ---- */

bool
ward_edit_set(struct arena *a, const struct ward_kind *k, enum fhir_version v,
    struct tree_node *record, size_t i, struct str value)
{
	const struct ward_field *f = &k->fields[i];

	if (str_eq(ward_field_get(a, f, v, record), value))
		return false;
	ward_field_set(a, f, v, record, value);
	return true;
}

static void
put_escaped(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] == '<')
			buf_str(b, "&lt;");
		else if (s.at[i] == '>')
			buf_str(b, "&gt;");
		else if (s.at[i] == '&')
			buf_str(b, "&amp;");
		else
			buf_char(b, s.at[i]);
}

/* A narrative that says what the record said before would be wrong: it says
 * what it is about now. */
static void
tell_anew(struct arena *a, const struct ward_kind *k, enum fhir_version v,
    struct tree_node *record)
{
	struct buf b = buf_new(a, NARRATIVE_BYTES);
	struct tree_node *text = tree_object(a);
	size_t i, told = 0;

	if (!tree_get(record, "text"))
		return;
	buf_str(&b, "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>");
	for (i = 0; i < k->n && told < 2; i++) {
		struct str s = ward_field_get(a, &k->fields[i], v, record);

		if (!s.len)
			continue;
		buf_str(&b, told++ ? ": " : "");
		put_escaped(&b, s);
	}
	buf_str(&b, "</p></div>");
	tree_put(a, text, "status", tree_string(a, STR("generated")));
	tree_put(a, text, "div", tree_string(a, (struct str){ b.at, b.len }));
	tree_put(a, record, "text", text);
}

void
ward_edit_done(struct arena *a, const struct ward_kind *k, enum fhir_version v,
    struct tree_node *record, int64_t now_us)
{
	struct tree_node *meta = tree_get(record, "meta");
	struct str before = tree_str(meta, "versionId");
	char now[CLOCK_TEXT_LEN];
	uint64_t n;

	tell_anew(a, k, v, record);
	if (before.at) {
		bool number = str_number(before, 18, &n);

		tree_put(a, meta, "versionId",
		    tree_string(a, str_of(arena_printf(a, "%llu",
				       number ? (unsigned long long)n + 1
					      : (unsigned long long)now_us))));
	}
	if (tree_get(meta, "lastUpdated")) {
		clock_text(now, now_us);
		tree_put(a, meta, "lastUpdated",
		    tree_string(a, str_of(arena_dup(a, now, strlen(now)))));
	}
}

bool
ward_stay_present(const struct tree_node *record)
{
	struct str status = tree_str(record, "status");

	return str_is(tree_str(record, "resourceType"), "Encounter") &&
	       !str_is(status, "finished") && !str_is(status, "cancelled") &&
	       !str_is(status, "entered-in-error");
}
