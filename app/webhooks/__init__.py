"""The receiver of GitHub's webhooks: verified over the raw bytes, written down once, acknowledged, worked on later."""
