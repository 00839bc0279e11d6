/* js.c - reads small JSON from strangers: OAuth bodies, JWS parts, JWKS
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/js.h"

#include <jansson.h>
#include <string.h>

void
js_start(void)
{
	json_object_seed(0);
}

/* Jansson's own limit is 2048 levels, and its dumper recurses without one.
 * Brackets inside strings do not count; whether the text is JSON at all is
 * the parser's business. */
static bool
deep(struct str text)
{
	size_t i, depth = 0;
	bool quoted = false;

	for (i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && (c == '}' || c == ']') && depth)
			depth--;
		if (depth > JS_DEPTH_MAX)
			return true;
	}
	return false;
}

/* Jansson's words quote the text that it stumbled over, and that text may be
 * a secret: the log gets the place and our words for the common causes. */
static const char *
cause(const json_error_t *je)
{
	switch (json_error_code(je)) {
	case json_error_duplicate_key:
		return "a member twice";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "NUL in a string";
	case json_error_end_of_input_expected:
		return "bytes after the end";
	case json_error_premature_end_of_input:
		return "cut off";
	case json_error_invalid_utf8:
		return "not UTF-8";
	case json_error_numeric_overflow:
		return "a number out of range";
	default:
		return "syntax";
	}
}

const struct json_t *
js_read(struct arena *a, struct str text, size_t bytes_max, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (!text.at || text.len > bytes_max) {
		err_why(e, ERR_MALFORMED, "JSON: absent or over %zu bytes",
		    bytes_max);
		return NULL;
	}
	/* Jansson stops reading at a NUL behind a number and takes the rest */
	if (memchr(text.at, '\0', text.len)) {
		err_why(e, ERR_MALFORMED, "JSON: a NUL byte");
		return NULL;
	}
	if (deep(text)) {
		err_why(e, ERR_MALFORMED, "JSON: over %d levels", JS_DEPTH_MAX);
		return NULL;
	}
	j = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &je);
	if (!arena_adopt(a, j, js_drop)) {
		err_why(e, ERR_MALFORMED, "JSON: %s at line %d column %d",
		    cause(&je), je.line, je.column);
		return NULL;
	}
	if (!json_is_object(j)) {
		err_why(e, ERR_MALFORMED, "JSON: not an object");
		return NULL;
	}
	return j;
}

void
js_drop(void *json)
{
	json_decref(json);
}

bool
js_value_text(const struct json_t *v, struct str *to)
{
	if (!json_is_string(v))
		return false;
	*to = (struct str){ json_string_value(v), json_string_length(v) };
	return true;
}

bool
js_text(const struct json_t *o, const char *name, struct str *to)
{
	return js_value_text(json_object_get(o, name), to);
}

bool
js_integer(const struct json_t *o, const char *name, int64_t *to)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_integer(v))
		return false;
	*to = json_integer_value(v);
	return true;
}

bool
js_bool(const struct json_t *o, const char *name, bool *to)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_boolean(v))
		return false;
	*to = json_is_true(v);
	return true;
}

const struct json_t *
js_object(const struct json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_object(v) ? v : NULL;
}

const struct json_t *
js_array(const struct json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_array(v) ? v : NULL;
}

bool
js_has(const struct json_t *o, const char *name)
{
	return json_object_get(o, name) != NULL;
}

size_t
js_count(const struct json_t *v)
{
	return json_is_object(v) ? json_object_size(v) : json_array_size(v);
}

const struct json_t *
js_at(const struct json_t *v, size_t i)
{
	return json_array_get(v, i);
}

bool
js_each(const struct json_t *o,
    bool (*one)(void *, struct str, const struct json_t *), void *ctx)
{
	/* The iterator wants a writable object but changes none. */
	union {
		const json_t *given;
		json_t *wanted;
	} u = { o };
	void *i;

	for (i = json_object_iter(u.wanted); i;
	     i = json_object_iter_next(u.wanted, i))
		if (!one(ctx, str_of(json_object_iter_key(i)),
			json_object_iter_value(i)))
			return false;
	return true;
}
