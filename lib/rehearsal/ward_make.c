/* ward_make.c - writes a made-up ward as a folder of NDJSON files
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/ward_make.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "rehearsal/rehearsal_type.h"
#include "rehearsal/ward_shape.h"

#define FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)

static bool
save(struct arena *a, const char *folder, const char *name, struct buf *b,
    struct err *e)
{
	const char *path = arena_printf(a, "%s/%s", folder, name);
	FILE *f;
	bool fine;

	if (b->failed)
		return err_set(e, ERR_BROKEN, "%s grew too large", name);
	if (!(f = fopen(path, "w")))
		return err_set(e, ERR_CONF, "%s: %s", path, strerror(errno));
	fine = fwrite(b->at, 1, b->len, f) == b->len;
	fine = !fclose(f) && fine;
	return fine || err_set(e, ERR_CONF, "%s: %s", path, strerror(errno));
}

static bool
save_type(struct arena *a, const struct ward *w, const char *folder,
    const char *type, struct err *e)
{
	struct buf b = buf_new(a, FILE_BYTES_MAX);
	unsigned n;

	for (n = 0; n < ward_count(w, type); n++) {
		ward_put(&b, w, type, n, NULL);
		buf_char(&b, '\n');
	}
	return save(a, folder, arena_printf(a, "%s.ndjson", type), &b, e);
}

/* ---- the index: answers to hold a search against ---- */

static void
put_number(struct ward_json *j, const char *key, unsigned n)
{
	char text[16];

	snprintf(text, sizeof text, "%u", n);
	ward_raw(j, key, text);
}

static void
put_counts(struct ward_json *j)
{
	ward_open(j, "counts", '{');
	put_number(j, "Observation", WARD_OBSERVATIONS);
	put_number(j, "Condition", WARD_PROBLEMS);
	put_number(j, "Encounter", WARD_VISITS);
	put_number(j, "AllergyIntolerance", WARD_ALLERGIES);
	put_number(j,
	    j->v == FHIR_DSTU2 ? "MedicationOrder" : "MedicationRequest",
	    WARD_ORDERS);
	put_number(j, "Coverage", 1);
	put_number(j, "vital-signs", WARD_OBSERVATIONS - WARD_LABS);
	ward_close(j, '}');
}

static void
put_patient(
    struct ward_json *j, struct arena *a, const struct ward *w, unsigned i)
{
	struct ward_person p = ward_person(w->world, i);
	struct ward_fate f = ward_fate(w, a, i);

	ward_open(j, NULL, '{');
	ward_textf(j, "id", "p-%u", WARD_ID_FIRST + i);
	ward_text(j, "mrn", f.mrn);
	if (p.family_more && w->v != FHIR_DSTU2)
		ward_textf(j, "family", "%s %s", p.family, p.family_more);
	else
		ward_text(j, "family", p.family); /* DSTU2: one of its parts */
	ward_text(j, "given", p.given);
	ward_text(j, "birthDate", f.birth);
	ward_text(j, "gender", p.female ? "female" : "male");
	ward_text(j, "bed", f.bed);
	ward_text(j, "currentEncounterStatus", f.status);
	put_counts(j);
	ward_close(j, '}');
}

static bool
save_index(struct arena *a, const struct ward *w, const char *folder,
    unsigned *total, struct err *e)
{
	struct buf b = buf_new(a, FILE_BYTES_MAX);
	struct ward_json j = { &b, w->v };
	const char *const *type;
	const char *version = str_lower(a, str_of(version_name(w->v))).at;
	unsigned i;

	ward_open(&j, NULL, '{');
	ward_textf(&j, "version", "%s", version);
	ward_open(&j, "patients", '[');
	for (i = 0; i < WARD_PATIENTS; i++) {
		if (i)
			buf_char(&b, ',');
		buf_char(&b, '\n');
		put_patient(&j, a, w, i);
	}
	ward_close(&j, ']');
	ward_open(&j, "totals", '{');
	for (type = rehearsal_types(w->v); *type; type++) {
		put_number(&j, *type, ward_count(w, *type));
		*total += ward_count(w, *type);
	}
	ward_close(&j, '}');
	ward_close(&j, '}');
	buf_char(&b, '\n');
	return save(a, folder, "index.json", &b, e);
}

bool
ward_make(struct arena *a, enum fhir_version v, unsigned seed,
    const char *folder, unsigned *resources, struct err *e)
{
	const struct ward w = { v, ward_world(v, seed) };
	const char *const *type;

	*resources = 0;
	if (mkdir(folder, 0755) && errno != EEXIST)
		return err_set(e, ERR_CONF, "%s: %s", folder, strerror(errno));
	for (type = rehearsal_types(v); *type; type++)
		if (!save_type(a, &w, folder, *type, e))
			return false;
	return save_index(a, &w, folder, resources, e);
}
