-- 60_cursor.sql - page cursors that are too long for a URL
-- SPDX-License-Identifier: Apache-2.0

create table wardgate.cursor_handle (
  handle     uuid primary key default gen_random_uuid(),
  client_id  uuid not null,
  tenant_id  uuid not null,
  sealed     bytea not null,
  expires_at timestamptz not null,
  constraint cursor_handle_size check (length(sealed) between 1 and 65536)
);
create index cursor_handle_by_end on wardgate.cursor_handle (expires_at);
comment on table wardgate.cursor_handle is
  'Page cursors too long for a URL, encrypted by the facade; the keeper clears them';
comment on column wardgate.cursor_handle.handle is 'What the URL carries';
comment on column wardgate.cursor_handle.sealed is
  'The cursor, encrypted with the cursor key: holds names';
comment on column wardgate.cursor_handle.expires_at is
  'Of no use from then on';
