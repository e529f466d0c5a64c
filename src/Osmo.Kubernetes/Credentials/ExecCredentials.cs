using System.ComponentModel;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Osmo.Kubernetes;

/// <summary>Credentials that a program prints (<c>client.authentication.k8s.io</c>): kept until they expire or are refused.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design", "CA1001", Justification = "The semaphore's wait handle is never asked for, so there is nothing to release.")]
internal sealed class ExecCredentials(ExecPlugin plugin, TimeProvider time) : IKubernetesCredentials
{
    /// <summary>How long a plugin may take.</summary>
    public static readonly TimeSpan PluginTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Most a plugin may print.</summary>
    public const int OutputCharsMax = 1 << 20;

    /// <summary>
    /// How long a plugin is left alone when the server refuses what it just gave: it would give the same again, for every request.
    /// </summary>
    public static readonly TimeSpan RefusalIntervalMin = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private KubernetesCredential? _current;
    private DateTimeOffset? _expiresAt;
    private long _ranAt;

    public string Advice =>
        $"The exec plugin \"{Path.GetFileName(plugin.Command)}\" of user \"{plugin.User}\" gave credentials that the server refuses; "
        + "log in again with the tool it belongs to.";

    public async ValueTask<KubernetesCredential> GetAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Read once: whoever is refused meanwhile takes the credential away without waiting for its turn.
            KubernetesCredential? current = Volatile.Read(ref _current);
            if (current is null || (_expiresAt is { } expiry && time.GetUtcNow() >= expiry))
            {
                (current, _expiresAt) = Parse(await RunAsync(cancellation).ConfigureAwait(false));
                Volatile.Write(ref _ranAt, time.GetTimestamp());
                Volatile.Write(ref _current, current);
            }

            return current;
        }
        finally
        {
            _turn.Release();
        }
    }

    public bool Invalidate(KubernetesCredential refused)
    {
        if (!ReferenceEquals(Volatile.Read(ref _current), refused))
        {
            // Another request has seen to it already.
            return true;
        }

        if (time.GetElapsedTime(Volatile.Read(ref _ranAt)) < RefusalIntervalMin)
        {
            return false;
        }

        Interlocked.CompareExchange(ref _current, null, refused);
        return true;
    }

    private async Task<string> RunAsync(CancellationToken cancellation)
    {
        if (plugin.NeedsTerminal)
        {
            throw Failed("it insists on a terminal (interactiveMode: Always), which is not offered here");
        }

        string program = ExecutablePath.Find(plugin.Command, Environment.GetEnvironmentVariable("PATH"))
            ?? throw NotInstalled("it is not on the PATH");
        ProcessStartInfo start = new(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in plugin.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in plugin.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = DescribeRequest();
        using Process process = Start(start);
        process.StandardInput.Close();
        using CancellationTokenSource limit = new(PluginTimeout, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            // The plugin's errors may quote what it was given, so they are drained and not repeated.
            Task errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, both.Token);
            string output = await ReadAsync(process.StandardOutput, both.Token).ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(both.Token).ConfigureAwait(false);
            return process.ExitCode == 0
                ? output
                : throw Failed($"it ended with exit code {process.ExitCode}; run it by hand to see why");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failed($"it did not finish within {PluginTimeout.TotalSeconds} s; "
                + "it may be waiting for a login: run it by hand, or log in with the tool it belongs to");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw Failed("it could not be started");
        }
        catch (Win32Exception e)
        {
            throw NotInstalled($"it could not be started ({e.Message})");
        }
    }

    private KubernetesApiException NotInstalled(string why) =>
        Failed($"{why}. Install it and put it on the PATH.{(plugin.InstallHint.Length > 0 ? $" {plugin.InstallHint}" : "")}");

    private async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellation)
    {
        char[] buffer = new char[4096];
        System.Text.StringBuilder text = new();
        for (int read; (read = await reader.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            text.Append(buffer, 0, read);
            if (text.Length > OutputCharsMax)
            {
                throw Failed($"it printed more than {OutputCharsMax} characters");
            }
        }

        return text.ToString();
    }

    private string DescribeRequest()
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            json.WriteString("kind", "ExecCredential");
            json.WriteString("apiVersion", plugin.ApiVersion);
            json.WriteStartObject("spec");
            json.WriteBoolean("interactive", false);
            if (plugin.ClusterInfo is { } info)
            {
                json.WriteStartObject("cluster");
                foreach ((string key, string value) in info)
                {
                    if (key == "insecure-skip-tls-verify")
                    {
                        json.WriteBoolean(key, value == "true");
                    }
                    else
                    {
                        json.WriteString(key, value);
                    }
                }

                if (plugin.ClusterConfig is { } config)
                {
                    json.WritePropertyName("config");
                    config.WriteTo(json);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private (KubernetesCredential Credential, DateTimeOffset? ExpiresAt) Parse(string output)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(AsJson(output));
            JsonElement root = document.RootElement;
            string? apiVersion = root.GetProperty("apiVersion").GetString();
            if (root.GetProperty("kind").GetString() != "ExecCredential" || apiVersion != plugin.ApiVersion)
            {
                throw Failed($"it did not print an ExecCredential of {plugin.ApiVersion}");
            }

            JsonElement status = root.GetProperty("status");
            string? token = Text(status, "token");
            SslStreamCertificateContext? certificate = Text(status, "clientCertificateData") is { } pem
                ? ClientCertificate.Parse(
                    pem, Text(status, "clientKeyData") ?? "", $"the client certificate of exec plugin of user \"{plugin.User}\"")
                : null;
            if (token is null && certificate is null)
            {
                throw Failed("it printed neither a token nor a client certificate");
            }

            DateTimeOffset? expiresAt = Text(status, "expirationTimestamp") is { } expiry
                ? DateTimeOffset.Parse(expiry, System.Globalization.CultureInfo.InvariantCulture)
                : null;
            AuthenticationHeaderValue? authorization = token is null
                ? null
                : BearerToken.TryParse(token) ?? throw Failed("its token has characters that no header can hold");
            return (new KubernetesCredential(authorization, certificate), expiresAt);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Failed("what it printed is not an ExecCredential in JSON or YAML");
        }
        catch (KubernetesConfigurationException e)
        {
            throw new KubernetesApiException(KubernetesFailure.Credentials, e.Message);
        }
    }

    /// <summary>Plugins may print YAML, too.</summary>
    private static string AsJson(string output)
    {
        if (output.AsSpan().TrimStart().StartsWith("{"))
        {
            return output;
        }

        YamlStream yaml = [];
        try
        {
            yaml.Load(new StringReader(output));
        }
        catch (YamlException)
        {
            // Its message could quote a secret.
            throw new FormatException();
        }

        return yaml.Documents.Count == 1 ? YamlJson.Convert(yaml.Documents[0].RootNode, "the plugin's output")?.ToJsonString() ?? "" : "";
    }

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.GetString() is { Length: > 0 } text ? text : null;

    private KubernetesApiException Failed(string why) => new(
        KubernetesFailure.Credentials, $"the exec plugin \"{plugin.Command}\" of user \"{plugin.User}\" failed: {why}.");
}
