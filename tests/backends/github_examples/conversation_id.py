import asyncio

from copilot_tui import Conversation, GithubCopilot


async def main() -> None:
    cookies = {"user_session": "YOUR_COOKIE"}
    conversation_id = None
    for prompt in ("My name is Heiner.", "What is my name?"):
        reply = GithubCopilot.create_async_generator(
            model="gpt-4o",
            messages=[{"role": "user", "content": prompt}],
            cookies=cookies,
            conversation_id=conversation_id,
            return_conversation=True,
        )
        async for part in reply:
            if isinstance(part, Conversation):
                conversation_id = part.conversation_id
            else:
                print(part, end="", flush=True)
        print()


asyncio.run(main())
