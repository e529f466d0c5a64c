using System.Text.Json.Nodes;

namespace Osmo.KubeSim.Api;

/// <summary>A request ends with this Status.</summary>
internal sealed class ApiException(StatusBody status) : Exception(status.Message)
{
    public StatusBody Status { get; } = status;
}

internal sealed record StatusCause(string Reason, string Message, string? Field = null);

/// <summary>A failure Status of the v1 API, written as kube-apiserver writes it.</summary>
internal sealed record StatusBody(int Code, string? Reason, string Message)
{
    public JsonObject? Details { get; init; }

    /// <summary>metadata.continue: the token by which an expired list may go on inconsistently.</summary>
    public string? Continue { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public JsonObject ToJson()
    {
        var metadata = new JsonObject();
        if (Continue is not null)
        {
            metadata["continue"] = Continue;
        }

        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = metadata,
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (Reason is not null)
        {
            status["reason"] = Reason;
        }

        if (Details is not null)
        {
            status["details"] = Details.DeepClone();
        }

        status["code"] = Code;
        return status;
    }
}
