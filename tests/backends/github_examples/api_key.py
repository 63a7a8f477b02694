import asyncio

from copilot_tui import GithubCopilot


async def main() -> None:
    reply = GithubCopilot.create_async_generator(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hello"}],
        api_key="YOUR_TOKEN",
    )
    async for text in reply:
        print(text, end="", flush=True)


asyncio.run(main())
