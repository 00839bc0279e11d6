/* facade_tag.c - entity tags that are good for one hospital only
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/facade_tag.h"

#include "base/buf.h"
#include "ext/crypt.h"

#define MARK_BYTES ((size_t)8)
#define TAG_MAX    ((size_t)256)  /* bytes of one tag */
#define FIELD_MAX  ((size_t)1024) /* bytes of a list of them */

struct str
tag_mark(struct arena *a, const struct guid *tenant, int64_t revision,
    enum fhir_version v)
{
	unsigned char sum[CRYPT_SHA256_BYTES];
	char text[GUID_LEN + 1], mark[MARK_BYTES * 2];
	const char *all = arena_printf(a, "%s %lld %s",
	    guid_write(text, tenant), (long long)revision, version_name(v));

	crypt_sha256(sum, all, str_of(all).len);
	enc_hex(mark, sum, MARK_BYTES);
	return str_of(arena_printf(a, "%.*s-", (int)sizeof mark, mark));
}

/* Takes a tag from the front of s: [W/]"...", visible ASCII between quotes. */
static bool
cut_tag(struct str *s, bool *weak, struct str *opaque)
{
	size_t i, from;

	*weak = str_starts(*s, "W/");
	from = *weak ? 3 : 1;
	if (s->len <= from || s->at[from - 1] != '"')
		return false;
	for (i = from; i < s->len && s->at[i] != '"'; i++)
		if (s->at[i] <= ' ' || s->at[i] > '~')
			return false;
	if (i == s->len)
		return false;
	*opaque = (struct str){ s->at + from, i - from };
	*s = (struct str){ s->at + i + 1, s->len - i - 1 };
	return true;
}

static void
put_tag(struct buf *b, bool weak, struct str mark, struct str opaque)
{
	buf_str(b, weak ? "W/\"" : "\"");
	buf_put(b, mark.at, mark.len);
	buf_put(b, opaque.at, opaque.len);
	buf_char(b, '"');
}

const char *
tag_outward(struct arena *a, struct str mark, struct str etag)
{
	struct buf b = buf_new(a, TAG_MAX);
	struct str opaque;
	bool weak;

	if (!cut_tag(&etag, &weak, &opaque) || etag.len)
		return NULL;
	put_tag(&b, weak, mark, opaque);
	return buf_text(&b);
}

struct str
tag_inward(struct arena *a, struct str mark, struct str field)
{
	struct buf b = buf_new(a, FIELD_MAX);
	struct str opaque;
	bool weak;

	while (cut_tag(&field, &weak, &opaque)) {
		field = str_trim(field, " \t,");
		if (opaque.len < mark.len ||
		    !str_eq((struct str){ opaque.at, mark.len }, mark))
			continue;
		if (b.len)
			buf_str(&b, ", ");
		put_tag(&b, weak, STR(""),
		    (struct str){
			opaque.at + mark.len, opaque.len - mark.len });
	}
	return b.failed || field.len ? STR_NONE : (struct str){ b.at, b.len };
}

bool
tag_meets(struct str field, const char *etag)
{
	struct str own = str_of(etag), opaque, one;
	bool weak, met = false;

	if (!cut_tag(&own, &weak, &opaque))
		return false;
	while (cut_tag(&field, &weak, &one)) {
		field = str_trim(field, " \t,");
		met = met || str_eq(one, opaque);
	}
	return met && !field.len;
}
