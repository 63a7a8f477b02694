"""What is told upwards, and from the reply workers: ids only, never widgets or files."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass(eq=False, repr=False)
class ReplyChanged(Message):
    """The reply of this conversation has grown; its text is in the conversation."""

    conversation_id: str
    is_whole: bool = False
    """The server says that nothing more comes."""

    def can_replace(self, message: Message) -> bool:
        """One look takes all that has come."""
        return isinstance(message, ReplyChanged) and message.conversation_id == self.conversation_id


@dataclass(eq=False, repr=False)
class ReplyEnded(Message):
    """The reply of this conversation is whole, stopped or failed; the message says which."""

    conversation_id: str
    reply_id: str


@dataclass(eq=False, repr=False)
class ConsentWanted(Message):
    """This reply failed because a key would have travelled unencrypted."""

    conversation_id: str


@dataclass(eq=False, repr=False)
class Notice(Message):
    """Something to say in the status line while this conversation is shown."""

    conversation_id: str
    text: str
    is_warning: bool = False
    """It is worth saying also while another conversation is shown."""


@dataclass(eq=False, repr=False)
class Trouble(Message):
    """Something could not be written to disk; it is kept and tried again."""

    text: str


@dataclass(eq=False, repr=False)
class ConversationPicked(Message):
    """The user wants to see this conversation."""

    conversation_id: str


@dataclass(eq=False, repr=False)
class RenameWanted(Message):
    """The user wants to give this conversation another title."""

    conversation_id: str


@dataclass(eq=False, repr=False)
class DeleteWanted(Message):
    """The user wants to delete this conversation."""

    conversation_id: str
