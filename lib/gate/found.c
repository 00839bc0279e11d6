/* found.c - what was found out about a provider, kept for other programs
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/found.h"

#include <string.h>

#include "ext/js.h"

#define DAY_S     86400
#define DAYS_KEPT 1 /* after the day on which it was seen */

static const char *const facts[ABILITY_FACT__MAX] = {
	[ABILITY_POST] = "post",
	[ABILITY_CONTAINS] = "contains",
	[ABILITY_SORT] = "sort",
	[ABILITY_TOTAL] = "total",
	[ABILITY_BATCH] = "batch",
};

/* The operator's word is not among them. */
static const char *const voices[ABILITY_OPERATOR] = {
	[ABILITY_NOBODY] = "nobody",
	[ABILITY_VERSION] = "version",
	[ABILITY_STATEMENT] = "statement",
	[ABILITY_SEEN] = "seen",
};

static bool
told_by(uint8_t voice)
{
	return voice > ABILITY_NOBODY && voice < ABILITY_OPERATOR;
}

/* ---- writing ------------------------------------------------------------- */

static void
write_facts(struct buf *b, const struct ability *can)
{
	const char *before = "";

	buf_str(b, ",\"facts\":{");
	for (int f = 0; f < ABILITY_FACT__MAX; f++)
		if (told_by(can->facts[f].voice)) {
			buf_fmt(b, "%s\"%s\":{\"works\":%s,\"by\":\"%s\"}",
			    before, facts[f],
			    can->facts[f].answer == ABILITY_YES ? "true"
								: "false",
			    voices[can->facts[f].voice]);
			before = ",";
		}
	buf_char(b, '}');
	if (told_by(can->person_voice))
		buf_fmt(b, ",\"person\":{\"is\":\"%s\",\"by\":\"%s\"}",
		    ability_person_name((enum ability_person)can->person),
		    voices[can->person_voice]);
}

/* Names come from the tables, so none needs an escape. */
static void
write_params(struct buf *b, const char *name, enum iface_type t, uint32_t bits)
{
	const struct iface_resource *r = iface_resource(t);
	const char *before = "";

	buf_fmt(b, "\"%s\":[", name);
	for (size_t i = 0; i < r->n && i < 32; i++)
		if (bits & UINT32_C(1) << i) {
			buf_fmt(b, "%s\"%s\"", before, r->params[i].name);
			before = ",";
		}
	buf_str(b, "],");
}

static void
write_types(struct buf *b, const struct ability *can)
{
	const char *before = "";

	buf_str(b, ",\"types\":{");
	for (int i = 0; i < IFACE__MAX; i++) {
		enum iface_type t = (enum iface_type)i;
		const struct ability_type *type = &can->types[i];

		if (!type->listed)
			continue;
		buf_fmt(b, "%s\"%s\":{", before, iface_name(t, can->version));
		if (type->params_told)
			write_params(b, "params", t, type->params);
		if (type->contains_told)
			write_params(b, "contains", t, type->contains);
		buf_fmt(b, "\"subject\":%s}", type->subject ? "true" : "false");
		before = ",";
	}
	buf_char(b, '}');
}

static void
write_passed(
    struct buf *b, const struct ability *can, const struct found_days *days)
{
	const char *before = "";

	buf_str(b, ",\"passed\":{");
	for (int t = 0; t < IFACE__MAX; t++) {
		const struct iface_resource *r =
		    iface_resource((enum iface_type)t);
		const char *open = arena_printf(b->a, "%s\"%s\":{", before,
		    iface_name((enum iface_type)t, can->version));

		for (size_t i = 0; i < r->n && i < FOUND_PARAMS_MAX; i++) {
			if (!days->of[t][i])
				continue;
			buf_fmt(b, "%s\"%s\":%lld", open, r->params[i].name,
			    (long long)days->of[t][i]);
			open = before = ",";
		}
		if (!open[1])
			buf_char(b, '}');
	}
	buf_char(b, '}');
}

void
found_write(
    struct buf *b, const struct ability *can, const struct found_days *days)
{
	buf_fmt(b, "{\"version\":\"%s\",\"told\":%s",
	    version_name(can->version), can->told ? "true" : "false");
	write_facts(b, can);
	write_types(b, can);
	write_passed(b, can, days);
	if (days->probed)
		buf_fmt(b, ",\"probed\":%lld", (long long)days->probed);
	buf_char(b, '}');
}

/* ---- reading ------------------------------------------------------------- */

/* How far `by` is to be believed; ABILITY_NOBODY: not at all. */
static enum ability_voice
voice_of(const struct json_t *o)
{
	struct str by;

	for (int v = ABILITY_VERSION; v < ABILITY_OPERATOR; v++)
		if (js_text(o, "by", &by) && str_is(by, voices[v]))
			return (enum ability_voice)v;
	return ABILITY_NOBODY;
}

static void
read_facts(struct ability *can, const struct json_t *o)
{
	for (int f = 0; f < ABILITY_FACT__MAX; f++) {
		const struct json_t *one = js_object(o, facts[f]);
		enum ability_voice by = voice_of(one);
		bool works;

		if (by < can->facts[f].voice || !by ||
		    !js_bool(one, "works", &works))
			continue;
		can->facts[f].answer = works ? ABILITY_YES : ABILITY_NO;
		can->facts[f].voice = (uint8_t)by;
	}
}

static void
read_person(struct ability *can, const struct json_t *o)
{
	enum ability_voice by = voice_of(o);
	struct str is;

	if (by < can->person_voice || !by || !js_text(o, "is", &is))
		return;
	for (int p = ABILITY_PATIENT; p < ABILITY_PERSON__MAX; p++)
		if (str_is(is, ability_person_name((enum ability_person)p))) {
			can->person = (uint8_t)p;
			can->person_voice = (uint8_t)by;
		}
}

static uint32_t
read_params(const struct json_t *list, enum iface_type t)
{
	const struct iface_resource *r = iface_resource(t);
	uint32_t bits = 0;
	struct str name;

	for (size_t k = 0; k < js_count(list); k++)
		for (size_t i = 0; i < r->n && i < 32; i++)
			if (js_value_text(js_at(list, k), &name) &&
			    str_is(name, r->params[i].name))
				bits |= UINT32_C(1) << i;
	return bits;
}

static void
read_types(struct ability *can, const struct json_t *o)
{
	for (int i = 0; i < IFACE__MAX; i++) {
		enum iface_type t = (enum iface_type)i;
		const struct json_t *one =
		    js_object(o, iface_name(t, can->version));
		struct ability_type *type = &can->types[i];

		*type = (struct ability_type){ .listed = one != NULL,
			.passed = type->passed,
			.heeded = type->heeded };
		if (!one)
			continue;
		type->params_told = js_array(one, "params");
		type->params = read_params(js_array(one, "params"), t);
		type->contains_told = js_array(one, "contains");
		type->contains = read_params(js_array(one, "contains"), t);
		js_bool(one, "subject", &type->subject);
	}
}

static bool
of_late(int64_t day, int64_t now_s)
{
	return day <= now_s / DAY_S && day + DAYS_KEPT >= now_s / DAY_S;
}

static void
read_passed(struct found_days *days, enum fhir_version v,
    const struct json_t *o, int64_t now_s)
{
	for (int t = 0; t < IFACE__MAX; t++) {
		const struct iface_resource *r =
		    iface_resource((enum iface_type)t);
		const struct json_t *one =
		    js_object(o, iface_name((enum iface_type)t, v));

		for (size_t i = 0; i < r->n && i < FOUND_PARAMS_MAX; i++) {
			int64_t day;

			if (js_integer(one, r->params[i].name, &day) &&
			    of_late(day, now_s))
				days->of[t][i] = day;
		}
	}
}

static void
read_probed(struct found_days *days, const struct json_t *o, int64_t now_s)
{
	int64_t day;

	if (js_integer(o, "probed", &day) && of_late(day, now_s))
		days->probed = day;
}

static void
note_passed(struct ability *can, const struct found_days *days)
{
	for (int t = 0; t < IFACE__MAX; t++)
		for (size_t i = 0; i < FOUND_PARAMS_MAX; i++)
			if (days->of[t][i])
				can->types[t].passed |= UINT32_C(1) << i;
}

bool
found_read(struct ability *can, struct arena *a, struct str json, int64_t now_s)
{
	struct found_days days = { 0 };
	struct err e = { .kind = ERR_NONE };
	const struct json_t *o = js_read(a, json, FOUND_BYTES_MAX, &e);
	struct str version;
	bool told;

	if (!o || !js_text(o, "version", &version) ||
	    !str_is(version, version_name(can->version)) ||
	    !js_bool(o, "told", &told))
		return false;
	read_facts(can, js_object(o, "facts"));
	read_person(can, js_object(o, "person"));
	if (told)
		read_types(can, js_object(o, "types"));
	can->told = can->told || told;
	read_passed(&days, can->version, js_object(o, "passed"), now_s);
	note_passed(can, &days);
	read_probed(&days, o, now_s);
	can->probed = can->probed || days.probed;
	return true;
}

/* ---- keeping ------------------------------------------------------------- */

static struct str
text_of(
    struct arena *a, const struct ability *can, const struct found_days *days)
{
	struct buf b = buf_new(a, FOUND_BYTES_MAX);

	found_write(&b, can, days);
	return b.failed ? STR_NONE : (struct str){ b.at, b.len };
}

/* What is kept keeps its day: who has it from there has not seen it again. */
static void
add_days(struct found_days *days, const struct ability *can, int64_t now_s)
{
	if (can->probed)
		days->probed = now_s / DAY_S;
	for (int t = 0; t < IFACE__MAX; t++)
		for (size_t i = 0; i < FOUND_PARAMS_MAX; i++)
			if (can->types[t].passed & UINT32_C(1) << i &&
			    !days->of[t][i])
				days->of[t][i] = now_s / DAY_S;
}

static bool
kept_text(struct db *db, struct arena *a, const struct guid *tenant,
    int64_t revision, struct str *text, struct err *e)
{
	const struct db_arg args[] = { db_arg_guid(tenant),
		db_arg_int(revision) };
	const struct db_rows *kept = db_ask(db, a, "found_get", args, 2, e);

	if (kept && db_count(kept) && !db_null(kept, 0, 0))
		*text = db_text(kept, 0, 0);
	return kept != NULL;
}

bool
found_get(struct db *db, struct arena *a, const struct guid *tenant,
    int64_t revision, struct ability *can, int64_t now_s, struct err *e)
{
	struct str text = STR_NONE;

	if (!kept_text(db, a, tenant, revision, &text, e))
		return false;
	if (text.at)
		found_read(can, a, text, now_s);
	return true;
}

bool
found_put(struct db *db, struct arena *a, const struct guid *tenant,
    int64_t revision, const struct ability *can, int64_t now_s, struct err *e)
{
	struct db_arg args[] = { db_arg_guid(tenant), db_arg_int(revision),
		db_arg_null() };
	struct found_days days = { 0 };
	struct str text = STR_NONE;
	struct ability all;
	struct err odd = { .kind = ERR_NONE };

	if (!kept_text(db, a, tenant, revision, &text, e))
		return false;
	ability_start(&all, can->version);
	if (text.at && found_read(&all, a, text, now_s)) {
		const struct json_t *o =
		    js_read(a, text, FOUND_BYTES_MAX, &odd);

		read_passed(&days, can->version, js_object(o, "passed"), now_s);
		read_probed(&days, o, now_s);
	}
	add_days(&days, can, now_s);
	found_read(&all, a, text_of(a, can, &days), now_s);
	if (!(text = text_of(a, &all, &days)).at)
		return err_why(e, ERR_BROKEN, "too many facts");
	args[2] = db_arg_text(text);
	return db_ask(db, a, "found_put", args, 3, e) != NULL;
}
