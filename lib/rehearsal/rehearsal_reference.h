/* rehearsal_reference.h - the type and the id that a reference names
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_REHEARSAL_REFERENCE_H
#define APP_REHEARSAL_REFERENCE_H

#include "base/str.h"

/* rehearsal_reference - "Type/id", "Type/id/_history/1", or with `base` before
 * it: type and id. A bare id: type is absent. false: it is neither, such as
 * the URL of another server or a fragment. */
bool rehearsal_reference(
    struct str text, struct str base, struct str *type, struct str *id);

#endif
