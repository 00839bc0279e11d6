/* version.c - the three FHIR versions: names, faces, media types
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/version.h"

#include <string.h>

/* clang-format off */
static const struct facts {
	const char *name, *number, *series, *type, *mime, *face;
} facts[FHIR__MAX] = {
	[FHIR_DSTU2] = { "DSTU2", "1.0.2", "1.0", "application/json+fhir",
	    "application/json+fhir; charset=utf-8", "/fhir/dstu2" },
	[FHIR_STU3] = { "STU3", "3.0.1", "3.0", "application/fhir+json",
	    "application/fhir+json; charset=utf-8", "/fhir/stu3" },
	[FHIR_R4] = { "R4", "4.0.1", "4.0", "application/fhir+json",
	    "application/fhir+json; charset=utf-8", "/fhir/r4" },
};
/* clang-format on */

const char *
version_name(enum fhir_version v)
{
	return facts[v].name;
}

const char *
version_number(enum fhir_version v)
{
	return facts[v].number;
}

const char *
version_mime(enum fhir_version v)
{
	return facts[v].mime;
}

const char *
version_type(enum fhir_version v)
{
	return facts[v].type;
}

const char *
version_face(enum fhir_version v)
{
	return facts[v].face;
}

bool
version_named(enum fhir_version *v, struct str name)
{
	for (int i = 0; i < FHIR__MAX; i++)
		if (str_is_nocase(name, facts[i].name)) {
			*v = (enum fhir_version)i;
			return true;
		}
	return false;
}

/* 3.0 and 3.0.2 belong to the series 3.0; 3.0.02x and 3.01 do not. */
bool
version_numbered(enum fhir_version *v, struct str number)
{
	uint64_t patch;

	for (int i = 0; i < FHIR__MAX; i++) {
		struct str rest = number;
		size_t n = strlen(facts[i].series);

		if (!str_starts(number, facts[i].series))
			continue;
		rest.at += n;
		rest.len -= n;
		if (rest.len &&
		    (rest.at[0] != '.' ||
			!str_number((struct str){ rest.at + 1, rest.len - 1 },
			    1, &patch)))
			continue;
		*v = (enum fhir_version)i;
		return true;
	}
	return false;
}

/* ---- faces -------------------------------------------------------------- */

/* Is path `face` itself or below it? */
static bool
under(struct str path, const char *face)
{
	size_t n = strlen(face);

	return str_starts(path, face) && (path.len == n || path.at[n] == '/');
}

static void
split(struct version_face *f, struct str path, const char *face)
{
	size_t n = strlen(face);

	f->path = (struct str){ path.at, n };
	f->rest = (struct str){ path.at + n, path.len - n };
}

bool
version_of_path(
    struct version_face *f, struct str path, enum fhir_version initial)
{
	if (!under(path, VERSION_FACE_DEFAULT))
		return false;
	for (int i = 0; i < FHIR__MAX; i++)
		if (under(path, facts[i].face)) {
			f->version = (enum fhir_version)i;
			f->fixed = true;
			split(f, path, facts[i].face);
			return true;
		}
	f->version = initial;
	f->fixed = false;
	split(f, path, VERSION_FACE_DEFAULT);
	return true;
}

/* ---- media types -------------------------------------------------------- */

/* One media range of an Accept field, or a media type. */
struct range {
	struct str type;    /* without parameters */
	struct str version; /* fhirVersion, unquoted; absent if not there */
	struct str charset; /* likewise */
	unsigned q;         /* thousandths */
};

/* The part of *rest before the first c that stands outside quotes. */
static struct str
cut_unquoted(struct str *rest, char c)
{
	struct str s = *rest;
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (quoted && s.at[i] == '\\')
			i++;
		else if (s.at[i] == '"')
			quoted = !quoted;
		else if (!quoted && s.at[i] == c) {
			*rest = (struct str){ s.at + i + 1, s.len - i - 1 };
			return (struct str){ s.at, i };
		}
	}
	*rest = STR_NONE;
	return s;
}

static struct str
unquoted(struct str s)
{
	s = str_trim(s, " \t");
	if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
		return (struct str){ s.at + 1, s.len - 2 };
	return s;
}

/* RFC 9110 12.4.2; what is not a weight weighs all. */
static unsigned
weight(struct str s)
{
	struct str part, fraction;
	unsigned q = 0, unit = 100;

	part = str_cut(s, '.', &fraction);
	if (!str_is(part, "0") || fraction.len > 3)
		return 1000;
	for (size_t i = 0; i < fraction.len; i++, unit /= 10) {
		if (fraction.at[i] < '0' || fraction.at[i] > '9')
			return 1000;
		q += (unsigned)(fraction.at[i] - '0') * unit;
	}
	return q;
}

static struct range
range_read(struct str s)
{
	struct range r = { .q = 1000 };

	r.type = str_trim(cut_unquoted(&s, ';'), " \t");
	while (s.at) {
		struct str value, part = cut_unquoted(&s, ';');
		struct str name = str_trim(str_cut(part, '=', &value), " \t");

		value = unquoted(value);
		if (str_is_nocase(name, "q"))
			r.q = weight(value);
		else if (str_is_nocase(name, "fhirVersion"))
			r.version = value;
		else if (str_is_nocase(name, "charset"))
			r.charset = value;
	}
	return r;
}

/* A + that was not percent-encoded arrives as a blank. */
static bool
type_is(struct str type, const char *want)
{
	size_t n = strlen(want);

	if (type.len != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = type.at[i] == ' ' ? '+' : type.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != want[i])
			return false;
	}
	return true;
}

static bool
json_type(struct str type)
{
	return type_is(type, "application/json") ||
	       type_is(type, "application/fhir+json") ||
	       type_is(type, "application/json+fhir");
}

bool
version_is_json(struct str media)
{
	struct range r = range_read(media);

	return json_type(r.type) &&
	       (!r.charset.at || str_is_nocase(r.charset, "utf-8"));
}

bool
version_media_fits(enum fhir_version v, struct str media)
{
	struct range r = range_read(media);
	enum fhir_version named = v;

	return version_is_json(media) &&
	       (!r.version.at ||
		   (version_numbered(&named, r.version) && named == v));
}

/* How closely a range names what we write; 0: not at all. */
static unsigned
closeness(struct str type)
{
	if (json_type(type) || type_is(type, "json"))
		return 3;
	if (type_is(type, "application/*"))
		return 2;
	return type_is(type, "*/*") ? 1 : 0;
}

/* The best range so far. The closest kind of range decides, then the weight,
 * then the order (RFC 9110 12.5.1). */
struct choice {
	unsigned closeness, q;
	enum fhir_version version;
	bool other_version; /* JSON was asked, in a version we cannot give here
	                     */
};

static void
weigh(struct choice *best, const struct version_face *f, struct str text)
{
	struct range r = range_read(text);
	unsigned close = closeness(r.type);
	enum fhir_version v = f->version;

	if (!close)
		return;
	if (r.version.at && (!version_numbered(&v, r.version) ||
				(f->fixed && v != f->version))) {
		best->other_version = true;
		return;
	}
	if (close < best->closeness ||
	    (close == best->closeness && r.q <= best->q))
		return;
	best->closeness = close;
	best->q = r.q;
	best->version = v;
}

static bool
refused(const struct choice *c, const struct version_face *f, struct err *e)
{
	if (c->other_version)
		return err_set(e, ERR_NOT_ACCEPTED,
		    "fhirVersion asks for a FHIR version that this address "
		    "does not speak: %.*s speaks %s (%s).",
		    STR_FMT(f->path), version_name(f->version),
		    version_number(f->version));
	return err_set(e, ERR_NOT_ACCEPTED,
	    "Answers come in JSON only: ask for %s, or for no format at all.",
	    version_type(f->version));
}

bool
version_accepted(
    struct version_face *f, struct str accept, struct str format, struct err *e)
{
	struct choice best = { .version = f->version };

	format = str_trim(format, " ");
	accept = str_trim(accept, " \t");
	if (format.len)
		weigh(&best, f, format);
	else if (!accept.len)
		return true;
	else
		while (accept.at)
			weigh(&best, f, cut_unquoted(&accept, ','));
	if (!best.q)
		return refused(&best, f, e);
	f->version = best.version;
	return true;
}
