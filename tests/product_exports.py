"""Calls as other products export them, in the shapes of their public APIs."""

from __future__ import annotations

from typing import Any

VAPI_CALL: dict[str, Any] = {
    "id": "0192f3a1-7c1e-7d3a-9f00-1c2d3e4f5a6b",
    "orgId": "7a0b6e0c-2b9e-4d52-8f5e-0f2f5f1f9d11",
    "type": "inboundPhoneCall",
    "status": "ended",
    "endedReason": "customer-ended-call",
    "createdAt": "2026-03-02T09:00:00.000Z",
    "startedAt": "2026-03-02T09:00:02.767Z",
    "endedAt": "2026-03-02T09:01:10.767Z",
    "assistantId": "asst-1",
    "cost": 0.0712,
    "customer": {"number": "+14155550100"},
    "phoneNumber": {"number": "+18005550199", "twilioAuthToken": "never"},
    "analysis": {"summary": "An appointment was moved.", "successEvaluation": "true"},
    "artifact": {
        "recordingUrl": "https://storage.example.com/1.wav",
        "logUrl": "https://storage.example.com/1.log",
        "transcript": "AI: Good morning.\nUser: I want to move my appointment.\n",
        "messages": [
            {"role": "system", "message": "You are Mia.", "time": 1772442002767, "secondsFromStart": 0},
            {
                "role": "bot",
                "message": "Good morning.",
                "time": 1772442004127,
                "endTime": 1772442006967,
                "secondsFromStart": 1.36,
                "duration": 2840,
                "source": "",
            },
            {
                "role": "user",
                "message": "I want to move my appointment.",
                "time": 1772442008000,
                "endTime": 1772442010500,
                "secondsFromStart": 5.233,
                "duration": 2500.0002,
            },
            {
                "role": "tool_calls",
                "message": "",
                "time": 1772442011000,
                "secondsFromStart": 8.2,
                "toolCalls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "find_slot", "arguments": '{"day": "Friday"}'},
                    }
                ],
            },
            {
                "role": "tool_call_result",
                "name": "find_slot",
                "toolCallId": "call_1",
                "result": '{"slot": "10:00"}',
                "time": 1772442012000,
                "secondsFromStart": 9.1,
            },
            {"role": "bot", "message": "Friday at ten?", "secondsFromStart": 10.0, "duration": 1500},
        ],
    },
}

VAPI_REPORT: dict[str, Any] = {
    "message": {
        "type": "end-of-call-report",
        "endedReason": "assistant-ended-call",
        "call": {"id": "call-of-report", "orgId": "org", "type": "webCall"},
        "artifact": VAPI_CALL["artifact"],
        "analysis": {"summary": "Short."},
    }
}

RETELL_CALL: dict[str, Any] = {
    "call_type": "phone_call",
    "call_id": "call_9fA2b1",
    "agent_id": "agent_1",
    "agent_version": 3,
    "agent_name": "Front desk",
    "call_status": "ended",
    "direction": "inbound",
    "from_number": "+14155550100",
    "to_number": "+18005550199",
    "start_timestamp": 1772442002767,
    "end_timestamp": 1772442070767,
    "duration_ms": 68000,
    "disconnection_reason": "user_hangup",
    "metadata": {"campaign": "spring"},
    "transcript": "Agent: Hi, thank you for calling.\nUser: I need a driveway poured.\n",
    "transcript_object": [
        {
            "role": "agent",
            "content": "Hi, thank you for calling.",
            "words": [
                {"word": "Hi,", "start": 0.7, "end": 0.9},
                {"word": "calling.", "start": 1.8, "end": 2.3},
            ],
        },
        {"role": "user", "content": "I need a driveway poured.", "words": []},
    ],
    "transcript_with_tool_calls": [
        {
            "role": "agent",
            "content": "Hi, thank you for calling.",
            "words": [
                {"word": "Hi,", "start": 0.7, "end": 0.9},
                {"word": "calling.", "start": 1.8, "end": 2.3},
            ],
        },
        {
            "role": "node_transition",
            "former_node_id": "a",
            "former_node_name": "Start",
            "new_node_id": "b",
            "new_node_name": "Ask",
        },
        {"role": "user", "content": "I need a driveway poured.", "words": []},
        {
            "role": "tool_call_invocation",
            "tool_call_id": "t1",
            "name": "find_area",
            "arguments": '{"zip": "80301"}',
        },
        {"role": "tool_call_result", "tool_call_id": "t1", "content": '{"ok": true}', "successful": True},
        {"role": "dtmf", "digit": "1"},
        {"role": "sms", "content": "It is the blue house.", "time_sec": 31.5},
        {
            "role": "transfer_target",
            "content": "Sales, hello.",
            "words": [{"word": "Sales", "start": 40, "end": 41}],
        },
    ],
    "call_analysis": {"call_successful": True, "user_sentiment": "Positive", "call_summary": "A lead."},
    "recording_url": "https://storage.example.com/9.wav",
    "public_log_url": "https://storage.example.com/9.log",
}

RETELL_CHAT: dict[str, Any] = {
    "chat_id": "chat_1",
    "agent_id": "agent_2",
    "chat_status": "ended",
    "message_with_tool_calls": [
        {"role": "user", "content": "Are you open?", "message_id": "m1", "created_timestamp": 1772442002767},
        {"role": "agent", "content": "Until six.", "message_id": "m2", "created_timestamp": 1772442003767},
    ],
}

LANGFUSE_TRACE: dict[str, Any] = {
    "id": "trace-1",
    "timestamp": "2026-03-02T09:00:00.000Z",
    "name": "support-chat",
    "sessionId": "session-7",
    "userId": "user-3",
    "release": "v12",
    "environment": "production",
    "tags": ["web"],
    "metadata": {"plan": "pro"},
    "input": [
        {"role": "system", "content": "You help."},
        {"role": "user", "content": "Where is my parcel?"},
    ],
    "output": {"role": "assistant", "content": "It arrives today."},
    "latency": 1.2,
    "totalCost": 0.0004,
    "htmlPath": "/project/p/traces/trace-1",
    "observations": [],
    "scores": [{"name": "correct", "value": 1, "source": "ANNOTATION"}],
}

LANGFUSE_DOWNLOAD: dict[str, Any] = {
    "trace": {"id": "trace-2", "timestamp": "2026-03-02T09:00:00.000Z", "input": None, "output": None},
    "observations": [
        {
            "id": "o1",
            "traceId": "trace-2",
            "type": "GENERATION",
            "startTime": "2026-03-02T09:00:01.000Z",
            "input": {"messages": [{"role": "user", "content": "First?"}]},
            "output": {"role": "assistant", "content": "Not the last word."},
        },
        {
            "id": "o2",
            "traceId": "trace-2",
            "type": "GENERATION",
            "startTime": "2026-03-02T09:00:05.000Z",
            "input": {
                "messages": [
                    {"role": "user", "content": "First?"},
                    {"role": "assistant", "content": "Not the last word."},
                    {"role": "user", "content": "And then?"},
                ]
            },
            "output": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "t", "type": "function", "function": {"name": "look", "arguments": "{}"}}
                ],
            },
        },
        {"id": "o3", "traceId": "trace-2", "type": "SPAN", "startTime": "2026-03-02T09:00:09.000Z"},
    ],
}
