namespace Osmo.Kubernetes;

/// <summary>Why a request to a Kubernetes API server failed, as far as the caller must tell causes apart.</summary>
public enum KubernetesFailure
{
    /// <summary>No connection: name, network, port or proxy.</summary>
    Unreachable,

    /// <summary>The TLS handshake failed: unknown authority, wrong name, refused client certificate.</summary>
    Tls,

    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>401: the credentials are missing, wrong or expired.</summary>
    Unauthorized,

    /// <summary>403: the credentials are good, the rights are not.</summary>
    Forbidden,

    /// <summary>404.</summary>
    NotFound,

    /// <summary>409, or a uid precondition that no longer holds.</summary>
    Conflict,

    /// <summary>400, 415, 422: the server will not take this request however often it is sent.</summary>
    Invalid,

    /// <summary>410: the resource version or continue token has been compacted away.</summary>
    Expired,

    /// <summary>The resource version lies in the server's future.</summary>
    TooLargeResourceVersion,

    /// <summary>429.</summary>
    Throttled,

    /// <summary>5xx.</summary>
    Unavailable,

    /// <summary>The answer was cut or is not what a Kubernetes API server sends.</summary>
    MalformedResponse,

    /// <summary>The credentials could not be obtained: a missing token file, an exec plugin that failed.</summary>
    Credentials,
}

/// <summary>A request to a Kubernetes API server failed. The message says what to do next and carries no secrets.</summary>
public sealed class KubernetesApiException : Exception
{
    /// <summary>Creates the exception.</summary>
    public KubernetesApiException(KubernetesFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>The cause.</summary>
    public KubernetesFailure Failure { get; }

    /// <summary>The server's Status, when it sent one.</summary>
    public KubernetesStatus? Status { get; init; }

    /// <summary>How long the server asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The HTTP status code; 0 when there was no answer.</summary>
    public int HttpStatus { get; init; }
}
