/* rehearsal_reference.c - the type and the id that a reference names
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_reference.h"

#include <string.h>

#include "fhir/iface.h"

bool
rehearsal_reference(
    struct str text, struct str base, struct str *type, struct str *id)
{
	struct str rest, version;

	if (base.len && text.len > base.len + 1 &&
	    !memcmp(text.at, base.at, base.len) && text.at[base.len] == '/')
		text = (struct str){ text.at + base.len + 1,
			text.len - base.len - 1 };
	*type = str_cut(text, '/', &rest);
	if (!rest.at) {
		*id = *type;
		*type = STR_NONE;
		return iface_id(*id);
	}
	*id = str_cut(rest, '/', &version);
	return type->len && type->at[0] >= 'A' && type->at[0] <= 'Z' &&
	       iface_id(*type) && iface_id(*id) &&
	       (!version.at || str_starts(version, "_history/"));
}
