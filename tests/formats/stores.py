"""Stores as other programs make them, with one short conversation each.

The columns of each table were compared with those of stores that the real programs made: elia-chat
1.10.0, oterm 0.26.1, llm 0.27 and 0.36. aichat's files follow what its source writes.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

ELIA = """
CREATE TABLE system_prompt (
  id INTEGER NOT NULL, title VARCHAR NOT NULL, prompt VARCHAR NOT NULL,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (id));
CREATE TABLE chat (
  id INTEGER NOT NULL, model VARCHAR NOT NULL, title VARCHAR,
  started_at DATETIME DEFAULT CURRENT_TIMESTAMP, archived BOOLEAN NOT NULL, PRIMARY KEY (id));
CREATE TABLE message (
  id INTEGER NOT NULL, chat_id INTEGER, role VARCHAR NOT NULL, content VARCHAR NOT NULL,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, meta JSON, parent_id INTEGER, model VARCHAR,
  PRIMARY KEY (id), FOREIGN KEY(chat_id) REFERENCES chat (id),
  FOREIGN KEY(parent_id) REFERENCES message (id));
INSERT INTO chat VALUES (1, 'gpt-4o', 'My chat', '2024-05-01 12:00:00.347974', 1);
INSERT INTO chat VALUES (2, 'gpt-4o', NULL, '2024-05-02 12:00:00.000000', 0);
INSERT INTO message VALUES
  (1, 1, 'system', 'You are kind', '2024-05-01 12:00:00.123456', '{}', NULL, 'gpt-4o'),
  (2, 1, 'user', 'Hi', '2024-05-01 12:00:01.123456', '{}', NULL, 'gpt-4o'),
  (3, 1, 'assistant', 'Hello!', '2024-05-01 12:00:02.123456', '{}', NULL, 'gpt-4o');
"""

OTERM = """
CREATE TABLE "chat" (
  "id" INTEGER, "name" TEXT, "model" TEXT NOT NULL, "system" TEXT,
  "provider" TEXT DEFAULT "ollama", "parameters" TEXT DEFAULT "{}", "tools" TEXT DEFAULT "[]",
  "thinking" BOOLEAN DEFAULT 0, PRIMARY KEY("id" AUTOINCREMENT));
CREATE TABLE "message" (
  "id" INTEGER, "chat_id" INTEGER NOT NULL, "author" TEXT NOT NULL, "text" TEXT NOT NULL,
  "images" TEXT DEFAULT "[]", PRIMARY KEY("id" AUTOINCREMENT),
  FOREIGN KEY("chat_id") REFERENCES "chat"("id") ON DELETE CASCADE);
INSERT INTO chat VALUES
  (1, 'chat #1 - llama3', 'llama3', 'Be kind', 'ollama', '{"temperature": 0.5, "seed": 1}',
   '[]', 1);
INSERT INTO message VALUES
  (1, 1, 'user', 'What is this?', '["aGVsbG8="]'),
  (2, 1, 'assistant', '<think>Hm.</think>A picture.', '[]');
"""

LLM_RESPONSES = """
CREATE TABLE "conversations" ("id" TEXT PRIMARY KEY, "name" TEXT, "model" TEXT);
CREATE TABLE "attachments" (
  "id" TEXT PRIMARY KEY, "type" TEXT, "path" TEXT, "url" TEXT, "content" BLOB);
CREATE TABLE "prompt_attachments" (
  "response_id" TEXT, "attachment_id" TEXT, "order" INTEGER,
  PRIMARY KEY ("response_id", "attachment_id"));
CREATE TABLE "responses" (
  "id" TEXT PRIMARY KEY, "model" TEXT, "prompt" TEXT, "system" TEXT, "prompt_json" TEXT,
  "options_json" TEXT, "response" TEXT, "response_json" TEXT,
  "conversation_id" TEXT REFERENCES "conversations"("id"), "duration_ms" INTEGER,
  "datetime_utc" TEXT, "input_tokens" INTEGER, "output_tokens" INTEGER, "token_details" TEXT,
  "schema_id" TEXT, "resolved_model" TEXT);
CREATE TABLE "fragments" (
  "id" INTEGER PRIMARY KEY, "hash" TEXT, "content" TEXT, "datetime_utc" TEXT, "source" TEXT);
CREATE TABLE "prompt_fragments" (
  "response_id" TEXT, "fragment_id" INTEGER, "order" INTEGER,
  PRIMARY KEY ("response_id", "fragment_id", "order"));
INSERT INTO conversations VALUES ('01m7a', 'Hello, i am Heiner.', 'mock');
INSERT INTO fragments VALUES (1, 'b7a1', 'a fragment', '2025-01-01 07:59:07', NULL);
INSERT INTO attachments VALUES ('0eeb', 'image/png', NULL, NULL, x'8950');
INSERT INTO prompt_attachments VALUES ('01m7r2', '0eeb', 0);
INSERT INTO prompt_fragments VALUES ('01m7r2', 1, 0);
INSERT INTO responses VALUES
  ('01m7r1', 'mock', 'Hello, i am Heiner.', 'Be kind', NULL, '{}', 'Hello Heiner.', NULL, '01m7a',
   1500, '2025-01-01T07:59:06.988727+00:00', 3, 5, NULL, NULL, NULL),
  ('01m7r2', 'mock', 'What is it?', NULL, NULL, '{}', 'A fragment.', NULL, '01m7a',
   20, '2025-01-01T07:59:07.028578+00:00', 3, 5, NULL, NULL, 'mock-2');
"""

LLM_THREADS = """
CREATE TABLE IF NOT EXISTS "attachments" (
  "id" TEXT PRIMARY KEY, "type" TEXT, "path" TEXT, "url" TEXT, "content" BLOB);
CREATE TABLE IF NOT EXISTS "fragments" (
  "id" INTEGER PRIMARY KEY, "hash" TEXT, "content" TEXT, "datetime_utc" TEXT, "source" TEXT);
CREATE TABLE "messages" (
  "hash" TEXT PRIMARY KEY, "parent_hash" TEXT REFERENCES "messages"("hash"), "role" TEXT,
  "provider_metadata" TEXT);
CREATE TABLE "parts" (
  "id" INTEGER PRIMARY KEY, "message_hash" TEXT REFERENCES "messages"("hash"),
  "position" INTEGER, "type" TEXT, "tool_name" TEXT, "text" TEXT, "payload" TEXT);
CREATE TABLE "threads" (
  "id" TEXT PRIMARY KEY, "name" TEXT, "tip_message_hash" TEXT, "forked_from" TEXT,
  "datetime_utc" TEXT);
CREATE TABLE "turns" (
  "id" TEXT PRIMARY KEY, "thread_id" TEXT, "parent_message_hash" TEXT, "tip_message_hash" TEXT,
  "model" TEXT, "resolved_model" TEXT, "options_json" TEXT, "schema_id" TEXT,
  "input_tokens" INTEGER, "output_tokens" INTEGER, "token_details" TEXT, "duration_ms" INTEGER,
  "datetime_utc" TEXT, "response_json" TEXT);
INSERT OR IGNORE INTO fragments VALUES (1, 'b7a1', 'a fragment', '2025-01-01 07:59:07', NULL);
INSERT OR IGNORE INTO attachments VALUES ('0eeb', 'image/png', NULL, NULL, x'8950');
INSERT INTO messages VALUES
  ('b2:0', NULL, 'system', NULL), ('b2:1', 'b2:0', 'user', NULL),
  ('b2:2', 'b2:1', 'assistant', NULL), ('b2:3', 'b2:2', 'user', NULL),
  ('b2:4', 'b2:3', 'assistant', NULL), ('b2:5', 'b2:4', 'user', NULL),
  ('b2:6', 'b2:5', 'assistant', NULL), ('b2:7', 'b2:6', 'tool', NULL),
  ('b2:8', 'b2:7', 'assistant', NULL);
INSERT INTO parts VALUES
  (1, 'b2:0', 0, 'text', NULL, 'Be kind', NULL),
  (2, 'b2:1', 0, 'text', NULL, 'Hello, i am Heiner.', NULL),
  (3, 'b2:2', 0, 'text', NULL, 'Hello Heiner.', NULL),
  (4, 'b2:3', 0, 'text', NULL, NULL,
   '{"text_ref": [{"fragment": 1}, {"literal": "\\nWhat is it?"}]}'),
  (5, 'b2:3', 1, 'attachment', NULL, NULL, '{"attachment": {"id": "0eeb"}}'),
  (6, 'b2:4', 0, 'text', NULL, 'A fragment.', NULL),
  (7, 'b2:5', 0, 'text', NULL, '1+2?', NULL),
  (8, 'b2:6', 0, 'tool_call', 'add', NULL,
   '{"name": "add", "arguments": {"a": 1, "b": 2}, "tool_call_id": "t1"}'),
  (9, 'b2:7', 0, 'tool_result', 'add', NULL,
   '{"name": "add", "output": "3", "tool_call_id": "t1"}'),
  (10, 'b2:8', 0, 'reasoning', NULL, 'Simple.', NULL),
  (11, 'b2:8', 1, 'text', NULL, 'It is 3.', NULL);
INSERT INTO threads VALUES ('01m7a', '1+2?', 'b2:8', NULL, '2026-11-21 07:59:09.198666+00:00');
INSERT INTO turns VALUES
  ('01t1', '01m7a', 'b2:5', 'b2:6', 'mock', NULL, NULL, NULL, 3, 5, NULL, 10,
   '2026-11-21T07:59:09.197869+00:00', NULL),
  ('01t2', '01m7a', 'b2:7', 'b2:8', 'mock', 'mock-2', NULL, NULL, 4, 6, NULL, 2500,
   '2026-11-21T07:59:10.197869+00:00', NULL);
"""

AICHAT_SESSION = """\
model: openai:gpt-4o
temperature: 0.7
top_p: .nan
save_session: true
compressed_messages:
- role: user
  content: Hello, i am Heiner.
- role: assistant
  content: |-
    Hello **Heiner**.

      - a list
messages:
- role: system
  content: 'This is a summary of the chat history as a recap: names'
- role: user
  content:
  - type: text
    text: 'yes'
  - type: image_url
    image_url:
      url: data:image/png;base64,AAAA
- role: assistant
  content: "It's a \\u2028 picture."
data_urls: {}
"""

AICHAT_MESSAGES = """\
# CHAT: Who am I? [2025-06-01T10:00:00+02:00]
Who am I?
--------
<think>
Heiner, it seems.
</think>
You are Heiner.
--------

# CHAT: two lines [2025-06-02T10:00:00+02:00] (coder)
two
lines
--------
# A heading

Done.
--------

"""


def make_database(path: Path, *scripts: str) -> Path:
    """A SQLite file made by these statements."""
    with closing(sqlite3.connect(path)) as connection:
        for script in scripts:
            connection.executescript(script)
    return path


def node(
    key: str, parent: str | None, role: str, *parts: object, **message: Any
) -> dict[str, dict[str, Any]]:
    """A node of ChatGPT's tree, under its key."""
    content = message.pop("content", {"content_type": "text", "parts": list(parts)})
    return {
        key: {
            "id": key,
            "parent": parent,
            "children": [],
            "message": {
                "id": key,
                "author": {"role": role, "name": message.pop("name", None), "metadata": {}},
                "create_time": message.pop("create_time", 1714564800.5),
                "content": content,
                "status": "finished_successfully",
                "metadata": message.pop("metadata", {}),
                "recipient": message.pop("recipient", "all"),
                **message,
            },
        }
    }


def chatgpt(*nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A conversation as ChatGPT exports it."""
    mapping: dict[str, Any] = {"root": {"id": "root", "message": None, "parent": None}}
    for each in nodes:
        mapping |= each
    return {
        "title": "About names",
        "create_time": 1714564800.0,
        "update_time": 1714564900.25,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": list(mapping)[-1],
        "conversation_id": "6632c3e5-0000-8003-9d4d-000000000001",
        "is_archived": False,
        "default_model_slug": "gpt-4o",
        **fields,
    }


def write_json(path: Path, value: object) -> Path:
    """A file with this value, as ChatGPT writes it: escaped, on one line."""
    path.write_text(json.dumps(value))
    return path
