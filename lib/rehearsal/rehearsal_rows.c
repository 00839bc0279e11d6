/* rehearsal_rows.c - resources and their terms as rows of the database
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_rows.h"

#include "rehearsal/rehearsal_index.h"

static void
put_text(struct buf *b, const char *name, struct str value)
{
	if (!value.at)
		return;
	buf_fmt(b, ",\"%s\":", name);
	buf_json(b, value.at, value.len);
}

static void
put_row(struct buf *b, unsigned number, const char *type)
{
	buf_fmt(b, "%s{\"number\":%u", b->len ? "," : "[", number);
	put_text(b, "type", str_of(type));
}

void
rehearsal_rows_resource(struct buf *b, unsigned number, const char *type,
    const struct tree_node *n, struct str text)
{
	const struct tree_node *meta = tree_get(n, "meta");

	put_row(b, number, type);
	put_text(b, "id", tree_str(n, "id"));
	put_text(b, "version_id", tree_str(meta, "versionId"));
	put_text(b, "last_updated", tree_str(meta, "lastUpdated"));
	put_text(b, "body", text);
	buf_char(b, '}');
}

size_t
rehearsal_rows_terms(struct buf *b, struct arena *a, unsigned number,
    enum fhir_version v, const char *type, const struct tree_node *n)
{
	struct rehearsal_terms t = { .a = a };
	size_t i;

	rehearsal_index(&t, v, n, type);
	for (i = 0; i < t.n; i++) {
		put_row(b, number, type);
		put_text(b, "param", str_of(t.at[i].param));
		put_text(b, "key", t.at[i].key);
		put_text(b, "system", t.at[i].system);
		put_text(b, "upto", t.at[i].upto);
		put_text(b, "exact", t.at[i].exact);
		buf_char(b, '}');
	}
	return t.n;
}

struct str
rehearsal_rows_end(struct buf *b)
{
	buf_str(b, b->len ? "]" : "[]");
	return (struct str){ b->at, b->len };
}
