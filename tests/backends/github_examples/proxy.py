import asyncio

from copilot_tui import GithubCopilot


async def main() -> None:
    reply = GithubCopilot.create_async_generator(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hello"}],
        cookies={"user_session": "YOUR_COOKIE"},
        proxy="http://localhost:8080",
    )
    async for text in reply:
        print(text, end="", flush=True)


asyncio.run(main())
