/* fuzz_basic.c - credentials of a token request, in the body and in the field
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: the Authorization field up to the first line feed, then the body. It
 * is read as a form, as JSON and as Basic; what is accepted is plain UTF-8
 * without NUL and within its input's length. */
#include <stdlib.h>
#include <string.h>

#include "app/form.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
sound(struct str s, size_t most)
{
	if (!s.at)
		return;
	if (!s.len || s.len > most || memchr(s.at, '\0', s.len) ||
	    !utf8_valid(s))
		abort();
}

static void
check(const struct form *f, size_t most)
{
	sound(f->grant_type, most);
	sound(f->client_id, most);
	sound(f->client_secret, most);
	sound(f->scope, most);
	sound(f->client_assertion, most);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf conf = { .token_params = 32,
		.token_body_bytes = 16384 };
	struct str body,
	    field =
		str_cut((struct str){ (const char *)data, size }, '\n', &body);
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct str id, secret;
	struct form f;

	if (body.at && form_read(&f, a, body, &conf, &e))
		check(&f, body.len);
	err_clear(&e);
	if (body.at && form_read_json(&f, a, body, &conf, &e))
		check(&f, body.len);
	err_clear(&e);
	if (field.len && form_basic(a, field, &id, &secret, &e) &&
	    (id.len + secret.len > field.len || !utf8_valid(id) ||
		!utf8_valid(secret)))
		abort();
	form_in_query(a, body);
	arena_free(a);
	return 0;
}
