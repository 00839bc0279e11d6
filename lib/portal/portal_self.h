/* portal_self.h - one's own account, and for admins those of others
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_SELF_H
#define PORTAL_PORTAL_SELF_H

#include "portal/portal.h"

/* Where somebody starts, by what they may do: operators with the overview. */
bool self_home(struct page *p);

bool self_show(struct page *p);
bool self_passphrase(struct page *p);
bool self_session_end(struct page *p);
bool self_language(struct page *p);

bool people_all(struct page *p);
bool people_invite(struct page *p);
bool people_disable(struct page *p);
bool people_enable(struct page *p);
bool people_roles(struct page *p);

/* Another passphrase by a link; and for a lost phone, another phone. */
bool people_link(struct page *p);
bool people_no_phone(struct page *p);

#endif
