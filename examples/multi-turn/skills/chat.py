"""The conversation's memory: which message comes next, and what has been said."""

from workflow import skill


@skill(side_effects="pure")
def hear(data, context):
    """Take the next of the messages; the fields returned become keys of the context."""
    turn = context.get("turn", 0)
    return {"message": data[turn], "turn": turn + 1}


@skill(side_effects="pure")
def remember(data, context):
    """Add this turn, whose answer is the step's input, to the transcript."""
    said = [context.get("transcript"), f"Customer: {context['message']}", f"Assistant: {data}"]
    return {"transcript": "\n".join(line for line in said if line)}
