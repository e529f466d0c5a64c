using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Osmo.Testing.Listener;

/// <summary>The HTTP calls of a Python agent: its log-in, and the read of its own configuration.</summary>
internal sealed class PythonLogin(PythonAgentOptions options)
{
    private const string Requests = "python-requests/2.28.1";
    private const int Retries = 5;

    private static readonly HttpClient Http = new();

    private int _exchanges;

    /// <summary>Log-ins so far.</summary>
    public int Exchanges => _exchanges;

    /// <summary>Status of the last read of the configuration.</summary>
    public int ConfigStatus { get; private set; }

    /// <summary>The header that says who it is; each connection has a log-in of its own.</summary>
    /// <exception cref="PythonExitException">The real agent exits here.</exception>
    public async Task<(string Name, string Value)> HeaderAsync(CancellationToken cancel)
    {
        if (options.Token is not { } token)
        {
            return ("x-osmo-user", options.User);
        }

        using var request = options.KnowsRules
            ? new HttpRequestMessage(HttpMethod.Post, new Uri(options.Host, "/api/auth/jwt/access_token"))
            {
                Content = JsonContent.Create(new JsonObject { ["token"] = token }),
            }
            : new HttpRequestMessage(HttpMethod.Get, new Uri(options.Host, $"/api/auth/jwt/access_token?access_token={token}"));
        request.Headers.TryAddWithoutValidation("User-Agent", $"osmo-operator/{options.Version}");
        using var answer = await Http.SendAsync(request, cancel);
        if (answer.StatusCode >= HttpStatusCode.Ambiguous)
        {
            throw new PythonExitException($"Unable to refresh login token: {(int)answer.StatusCode}");
        }

        Interlocked.Increment(ref _exchanges);
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(cancel);
        return ("x-osmo-auth", (string)body!["token"]!);
    }

    /// <summary>The conditions that it starts with.</summary>
    /// <exception cref="PythonExitException">The real agent exits here.</exception>
    public async Task<PythonConditions> ConditionsAsync(CancellationToken cancel)
    {
        for (var left = Retries; ; left--)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.Host, $"/api/configs/backend/{options.Backend}"));
            var (name, value) = await HeaderAsync(cancel);
            request.Headers.TryAddWithoutValidation("User-Agent", Requests);
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, deflate");
            request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await Http.SendAsync(request, cancel);
            ConfigStatus = (int)answer.StatusCode;
            if (answer.IsSuccessStatusCode)
            {
                return Read(await answer.Content.ReadAsStringAsync(cancel));
            }

            if (answer.StatusCode is not HttpStatusCode.TooManyRequests and < HttpStatusCode.InternalServerError)
            {
                return PythonConditions.Default(options.KnowsRules);
            }

            if (left == 0)
            {
                throw new PythonExitException($"RetryError: {ConfigStatus}");
            }

            using var pause = new PeriodicTimer(options.ReconnectPause);
            await pause.WaitForNextTickAsync(cancel);
        }
    }

    private PythonConditions Read(string text)
    {
        try
        {
            return PythonConditions.Read(JsonNode.Parse(text)!["node_conditions"]!.AsObject(), options.KnowsRules);
        }
        catch (Exception failure) when (failure is JsonException or NullReferenceException or InvalidDataException)
        {
            throw new PythonExitException($"own configuration: {failure.Message}");
        }
    }
}

/// <summary>The real agent's process would end here.</summary>
public sealed class PythonExitException(string message) : Exception(message);
