/* value.c - search values: lists, dates, tokens, ids and references
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/value.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "fhir/date.h"

struct str
value_part(struct str s, char c, struct str *rest)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '\\') {
			i++;
		} else if (s.at[i] == c) {
			*rest = (struct str){ s.at + i + 1, s.len - i - 1 };
			return (struct str){ s.at, i };
		}
	}
	*rest = STR_NONE;
	return s;
}

struct str
value_cut(struct str *rest)
{
	return value_part(*rest, ',', rest);
}

static bool
special(char c)
{
	return c == '\\' || c == ',' || c == '|' || c == '$';
}

struct str
value_plain(struct arena *a, struct str s)
{
	char *to;
	size_t n = 0;

	if (!s.len || !memchr(s.at, '\\', s.len))
		return s;
	to = arena_raw(a, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '\\' && i + 1 < s.len && special(s.at[i + 1]))
			i++;
		to[n++] = s.at[i];
	}
	return (struct str){ to, n };
}

struct str
value_escaped(struct arena *a, struct str s)
{
	struct buf b = buf_new(a, s.len * 2);

	for (size_t i = 0; i < s.len; i++) {
		if (special(s.at[i]))
			buf_char(&b, '\\');
		buf_char(&b, s.at[i]);
	}
	return s.at ? (struct str){ b.len ? b.at : "", b.len } : s;
}

/* The id after the last Patient/ of a reference. */
struct str
value_whom(struct str reference)
{
	struct str rest = reference, one, id = STR_NONE;

	while (rest.at) {
		one = str_cut(rest, '/', &rest);
		if (str_is(one, "Patient") && rest.at)
			id = str_cut(rest, '/', &rest);
	}
	return id.len ? id : STR_NONE;
}

bool
value_refers(struct str reference, struct str patient)
{
	struct str id = value_whom(reference);

	return id.at && str_eq(id, patient);
}

/* ---- dates -------------------------------------------------------------- */

bool
value_date(struct str s, bool *day)
{
	enum date_prefix prefix = date_prefix(&s);
	struct date_span span;

	*day = false;
	if (!date_span(&span, s))
		return false;
	*day = prefix == DATE_EQ && span.depth >= DATE_DAY;
	return true;
}

/* ---- tokens, ids, references -------------------------------------------- */

/* Where the first | without backslash stands; s.len if there is none. */
static size_t
bar(struct str s)
{
	size_t i;

	for (i = 0; i < s.len && s.at[i] != '|'; i++)
		if (s.at[i] == '\\')
			i++;
	return i < s.len ? i : s.len;
}

bool
value_token(struct str s)
{
	size_t at = bar(s);

	if (at == s.len)
		return s.len > 0;
	return s.len > 1 && bar((struct str){ s.at + at + 1,
				s.len - at - 1 }) == s.len - at - 1;
}

/* Takes text from the front of s if it is there. */
static bool
skip(struct str *s, struct str text)
{
	if (s->len < text.len || memcmp(s->at, text.at, text.len) != 0)
		return false;
	s->at += text.len;
	s->len -= text.len;
	return true;
}

bool
value_patient(struct str s, struct str public_base, struct str *id)
{
	struct version_face face;

	if (public_base.len && skip(&s, public_base)) {
		if (!version_of_path(&face, s, FHIR_R4) ||
		    !skip(&face.rest, STR("/Patient/")))
			return false;
		s = face.rest;
	} else {
		skip(&s, STR("Patient/"));
	}
	*id = s;
	return iface_id(s);
}

/* ---- one alternative into its one form ---------------------------------- */

/* The spelling that the set gives to a code; NULL: not in it. */
static const char *
in_set(struct str code, const char *codes, size_t *n)
{
	struct str word, rest = str_of(codes);

	while (rest.at) {
		word = str_cut(rest, ' ', &rest);
		if (word.len == code.len &&

		    !strncasecmp(word.at, code.at, code.len)) {
			*n = word.len;
			return word.at;
		}
	}
	return NULL;
}

static bool
token(struct buf *b, const char *codes, struct str s)
{
	size_t at = bar(s), n;
	const char *code;

	if (!value_token(s))
		return false;
	if (!codes) {
		buf_put(b, s.at, s.len);
		return true;
	}
	if (at < s.len) {
		buf_put(b, s.at, at + 1);
		s = (struct str){ s.at + at + 1, s.len - at - 1 };
	}
	if (!(code = in_set(s, codes, &n)))
		return false;
	buf_put(b, code, n);
	return true;
}

static bool
date(struct buf *b, struct str s, bool *day)
{
	if (!value_date(s, day))
		return false;
	for (size_t i = 0; i < s.len; i++)
		buf_char(b, s.at[i] == ' ' ? '+' : s.at[i]);
	return true;
}

static bool
alternative(
    struct buf *b, const struct iface_param *p, struct str s, bool *narrow)
{
	if (!s.len)
		return false;
	switch (p->kind) {
	case IFACE_TOKEN:
		return token(b, p->codes, s);
	case IFACE_DATE:
		return date(b, s, narrow);
	case IFACE_ID:
		buf_put(b, s.at, s.len);
		return iface_id(s);
	default:
		buf_put(b, s.at, s.len);
		return true;
	}
}

bool
value_read(struct arena *a, const struct iface_param *p, struct str public_base,
    struct str s, struct str *out, bool *narrow)
{
	struct buf b = buf_new(a, s.len * 2 + 16);
	bool one;

	*narrow = (p->flags & IFACE_SELECTIVE) != 0;
	if (p->kind == IFACE_REFERENCE)
		return value_patient(s, public_base, out);
	while (s.at) {
		one = true;
		if (!alternative(&b, p, value_cut(&s), &one))
			return false;
		*narrow = *narrow && one;
		if (s.at)
			buf_char(&b, ',');
	}
	*out = (struct str){ b.at, b.len };
	return !b.failed;
}

const char *
value_wants(struct arena *a, const struct iface_param *p)
{
	switch (p->kind) {
	case IFACE_DATE:
		return "takes a date, such as 1980, 1980-05 or 1980-05-17, "
		       "with eq, ne, lt, gt, le or ge before it if need be";
	case IFACE_REFERENCE:
		return "takes one patient: the id, Patient/id, or a URL under "
		       "this address";
	case IFACE_ID:
		return "takes resource ids: letters, digits, - and ., at most "
		       "64 of them";
	case IFACE_TOKEN:
		if (p->codes)
			return arena_printf(
			    a, "takes one of these codes: %s", p->codes);
		return "takes code, system|code, |code or system|";
	default:
		return "takes text, and no empty alternative beside a comma";
	}
}
