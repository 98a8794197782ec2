"""The voice endpoint of a FastAPI backend, with the edges such endpoints have: it accepts first and
misses parameters then (4000), reads bytes only, so that a text frame ends it, drops frames of a wrong
length without a word, and keeps 100 of them. It says back what it hears, as float32.
Usage: python3 fastapi-agent.py PORT; GET /heard tells what it has been sent."""

import asyncio
import struct
import sys

import uvicorn
from fastapi import FastAPI, WebSocket

app = FastAPI()
heard = {"frames": 0, "dropped": 0, "texts": 0, "closed": []}
REQUIRED = ["tenant_id", "campaign_id", "lead_id"]


@app.get("/heard")
def tell():
    return heard


@app.websocket("/api/v1/ws/voice/{call_id}")
async def voice(socket: WebSocket, call_id: str):
    await socket.accept()
    missing = [name for name in REQUIRED if not socket.query_params.get(name)]
    if missing:
        message = f"Missing required query parameters: {', '.join(missing)}"
        await socket.send_json({"type": "error", "message": message})
        await socket.close(4000)
        return
    queue = asyncio.Queue(100)

    async def answer():
        while True:
            pcm = await queue.get()
            samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
            floats = struct.pack(f"<{len(samples)}f", *(s / 32768 for s in samples))
            await socket.send_bytes(floats)
            if heard["frames"] == 50:
                await socket.send_json({"type": "transcript", "text": call_id, "is_final": True})

    sender = asyncio.create_task(answer())
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                break
            pcm = message.get("bytes")
            if pcm is None:
                heard["texts"] += 1
                await socket.close(1000)
                break
            if len(pcm) % 2 or not 320 <= len(pcm) <= 32000:
                heard["dropped"] += 1
                continue
            heard["frames"] += 1
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(pcm)
    finally:
        sender.cancel()
        heard["closed"].append(call_id)


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
