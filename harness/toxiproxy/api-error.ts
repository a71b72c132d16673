/** A refusal in the API: its words and its HTTP status, both those of Toxiproxy 2.12. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export function badRequestBody(detail: string): ApiError {
  return new ApiError(`bad request body: ${detail}`, 400);
}

export function missingField(field: string): ApiError {
  return new ApiError(`missing required field: ${field}`, 400);
}

export function proxyNotFound(): ApiError {
  return new ApiError("proxy not found", 404);
}

export function proxyAlreadyExists(): ApiError {
  return new ApiError("proxy already exists", 409);
}

export function toxicNotFound(): ApiError {
  return new ApiError("toxic not found", 404);
}

export function toxicAlreadyExists(): ApiError {
  return new ApiError("toxic already exists", 409);
}

export function invalidToxicType(): ApiError {
  return new ApiError("invalid toxic type", 400);
}

export function invalidStream(): ApiError {
  return new ApiError("stream was invalid, can be either upstream or downstream", 400);
}
