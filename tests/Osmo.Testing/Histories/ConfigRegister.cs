using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Osmo.Testing.Histories;

/// <summary>How one request ended.</summary>
public enum AnswerKind
{
    /// <summary>It was answered as asked.</summary>
    Ok,

    /// <summary>Its condition does not hold.</summary>
    Refused,

    /// <summary>No answer, or the server's own failure: nobody knows whether it had an effect.</summary>
    None,

    /// <summary>An answer that should never come.</summary>
    Wrong,
}

/// <summary>How one request ended, with what was in force.</summary>
public readonly record struct RegisterAnswer(AnswerKind Kind, RegisterState State, string Text);

/// <summary>The description of a backend's configuration, over the REST API: a register with revisions.</summary>
public static class ConfigRegister
{
    /// <summary>What a client is told where there is no such backend: no register says so.</summary>
    private static readonly RegisterState Nothing = new(0, "no such backend");

    public static Task<RegisterAnswer> ReadAsync(HttpClient http, string backend, CancellationToken cancel) =>
        AskAsync(http, () => new HttpRequestMessage(HttpMethod.Get, PathOf(backend)), async answer =>
        {
            var document = await answer.Content.ReadFromJsonAsync<JsonNode>(cancel);
            return new RegisterState(RevisionOf(answer), (string?)document!["description"] ?? "");
        }, cancel);

    /// <param name="http">A gateway.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="value">The value.</param>
    /// <param name="ifMatch">The revision that has to be in force; null for any.</param>
    /// <param name="key">The same for every repetition of the request.</param>
    /// <param name="cancel">Gives up the wait for the answer.</param>
    public static Task<RegisterAnswer> WriteAsync(
        HttpClient http, string backend, string value, long? ifMatch, string key, CancellationToken cancel) => AskAsync(http, () =>
        {
            // The description of the change beside that of the backend: by it the history tells the writes apart.
            var body = new JsonObject { ["description"] = value, ["configs"] = new JsonObject { ["description"] = value } };
            var request = new HttpRequestMessage(HttpMethod.Post, PathOf(backend)) { Content = JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", key);
            if (ifMatch is { } revision)
            {
                request.Headers.TryAddWithoutValidation("If-Match", $"\"{revision}\"");
            }

            return request;
        }, answer => Task.FromResult(new RegisterState(RevisionOf(answer), value)), cancel);

    private static async Task<RegisterAnswer> AskAsync(
        HttpClient http,
        Func<HttpRequestMessage> makeRequest,
        Func<HttpResponseMessage, Task<RegisterState>> read,
        CancellationToken cancel)
    {
        try
        {
            using var request = makeRequest();
            using var answer = await http.SendAsync(request, cancel);
            switch (answer.StatusCode)
            {
                case HttpStatusCode.OK:
                    return new RegisterAnswer(AnswerKind.Ok, await read(answer), "");
                case HttpStatusCode.PreconditionFailed:
                    return new RegisterAnswer(AnswerKind.Refused, default, "");
                case HttpStatusCode.NotFound when request.Method == HttpMethod.Get:
                    return new RegisterAnswer(AnswerKind.Ok, Nothing, "");
                default:
                    var text = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancel)}";
                    var isServers = answer.StatusCode >= HttpStatusCode.InternalServerError;
                    return new RegisterAnswer(isServers ? AnswerKind.None : AnswerKind.Wrong, default, text);
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException)
        {
            return new RegisterAnswer(AnswerKind.None, default, failure.Message);
        }
    }

    private static string PathOf(string backend) => $"/api/configs/backend/{backend}";

    private static long RevisionOf(HttpResponseMessage answer) =>
        long.Parse(answer.Headers.ETag!.Tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture);
}
