"""Errors that become replies, in vLLM's shape."""


class RequestError(Exception):
    """A request that cannot be served as asked."""

    def __init__(self, status: int, kind: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.param = param

    @classmethod
    def bad_request(cls, message: str, param: str | None = None) -> "RequestError":
        """The request is wrong (400)."""
        return cls(400, "BadRequestError", message, param)

    @classmethod
    def model_not_found(cls, model: str) -> "RequestError":
        """No such model is served on this route (404)."""
        message = f"The model `{model}` does not exist."
        return cls(404, "NotFoundError", message, "model")

    @classmethod
    def internal(cls, message: str) -> "RequestError":
        """The computation failed (500)."""
        return cls(500, "InternalServerError", message)


class StartError(Exception):
    """The engine cannot serve this checkpoint; the message is shown to the user."""
