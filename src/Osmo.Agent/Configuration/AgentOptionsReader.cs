using System.Globalization;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Availability;
using Osmo.Domain.Backends;

namespace Osmo.Agent;

/// <summary>Makes <see cref="AgentOptions"/> of a command line and the environment.</summary>
internal static class AgentOptionsReader
{
    private const int NamespaceCharsMax = 63;
    private const int RateMax = 100_000;
    private const int PageItemsMax = 10_000;

    /// <exception cref="AgentOptionsException">An option cannot be used.</exception>
    public static AgentOptions Read(OptionValues values)
    {
        AgentOptions defaults = new() { Namespace = "" };
        return defaults with
        {
            Host = Host(values) ?? defaults.Host,
            Backend = Backend(values) ?? defaults.Backend,
            Namespace = Namespace(values),
            Protocol = ListenerOptionsReader.IsWanted(values) ? AgentProtocol.Listener : AgentProtocol.Channel,
            Listener = ListenerOptionsReader.IsWanted(values) ? ListenerOptionsReader.Read(values) : defaults.Listener,
            Token = Token(values),
            TokenFile = values.Text("token-file"),
            HostCaFile = File(values, "host-ca-file"),
            NodeConditionPrefix = Prefix(values) ?? defaults.NodeConditionPrefix,
            EnableNodeLabelUpdate = values.Flag("enable-node-label-update", "ENABLE_NODE_LABEL_UPDATE", defaults.EnableNodeLabelUpdate),
            AllowLabelPatches = values.Flag("allow-label-patches", "OSMO_ALLOW_LABEL_PATCHES", defaults.AllowLabelPatches),
            ApiQps = Rate(values),
            ApiBurst = Number(values, "api-burst", "OSMO_API_BURST", defaults.ApiBurst, RateMax),
            Kubeconfig = File(values, "kubeconfig"),
            Context = values.Text("context"),
            ListPageItems = Number(values, "list-page-items", null, defaults.ListPageItems, PageItemsMax),
            Reflector = defaults.Reflector with
            {
                UsesWatchList = values.Flag("watch-list", "OSMO_WATCH_LIST", defaults.Reflector.UsesWatchList),
                ChecksConsistency = values.Flag("check-consistency", "OSMO_CHECK_CONSISTENCY", defaults.Reflector.ChecksConsistency),
            },
            LogLevel = Level(values) ?? defaults.LogLevel,
        };
    }

    private static Uri? Host(OptionValues values)
    {
        if (values.Text("host") is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out Uri? host) && host.Scheme is "http" or "https" or "ws" or "wss"
            && host is { Host.Length: > 0, UserInfo: "", Query: "" }
                ? host
                : throw new AgentOptionsException(
                    "--host is no http, https, ws or wss address without user and query. Write it like https://osmo.example.com.");
    }

    private static string? Backend(OptionValues values)
    {
        string? name = values.Text("backend", "BACKEND");
        return name is null || BackendName.TryParse(name, out _)
            ? name
            : throw new AgentOptionsException(
                $"{values.Source("backend", "BACKEND")} is \"{OptionValues.Shown(name)}\". A backend's name has 1 to "
                + $"{BackendName.CharsMax} lower-case letters, digits and inner hyphens, such as dgx-east.");
    }

    private static string Namespace(OptionValues values)
    {
        string name = values.Text("namespace")
            ?? throw new AgentOptionsException(
                "--namespace is missing. Give the namespace that workflows run in, such as --namespace osmo-workflows.");
        return name.Length <= NamespaceCharsMax && BackendName.TryParse(name, out _)
            ? name
            : throw new AgentOptionsException(
                $"--namespace is \"{OptionValues.Shown(name)}\", which is no name of a Kubernetes namespace.");
    }

    private static string? Token(OptionValues values)
    {
        string? token = values.Text("token", "OSMO_LOGIN_TOKEN")?.Trim();
        if (token is not null && values.Text("token-file") is not null)
        {
            throw new AgentOptionsException(
                $"{values.Source("token", "OSMO_LOGIN_TOKEN")} and --token-file are both given; leave one out.");
        }

        return token is null || GatewayToken.IsUsable(token)
            ? token
            : throw new AgentOptionsException(
                $"{values.Source("token", "OSMO_LOGIN_TOKEN")} holds characters that no token has. Check how it is quoted.");
    }

    private static NodeConditionPrefix? Prefix(OptionValues values)
    {
        if (values.Text("node-condition-prefix") is not { } text)
        {
            return null;
        }

        return NodeConditionPrefix.TryCreate(text, out NodeConditionPrefix? prefix, out string? error)
            ? prefix
            : throw new AgentOptionsException($"--node-condition-prefix is \"{OptionValues.Shown(text)}\": {error}");
    }

    private static string? File(OptionValues values, string name)
    {
        string? path = values.Text(name);
        return path is null || System.IO.File.Exists(path)
            ? path
            : throw new AgentOptionsException($"--{name} names {path}, which does not exist.");
    }

    private static double Rate(OptionValues values)
    {
        const string Variable = "OSMO_API_QPS";
        string? text = values.Text("api-qps", Variable);
        if (text is null)
        {
            return new AgentOptions { Namespace = "" }.ApiQps;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) && rate is > 0 and <= RateMax
            ? rate
            : throw new AgentOptionsException(
                $"{values.Source("api-qps", Variable)} is \"{OptionValues.Shown(text)}\"; write a number above 0, at most {RateMax}.");
    }

    internal static int Number(OptionValues values, string name, string? variable, int otherwise, int max, int min = 1)
    {
        string? text = values.Text(name, variable);
        if (text is null)
        {
            return otherwise;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw new AgentOptionsException(
                $"{values.Source(name, variable)} is \"{OptionValues.Shown(text)}\"; write a whole number from {min} to {max}.");
    }

    private static LogLevel? Level(OptionValues values) => values.Text("log-level") is not { } text ? null : text.ToLowerInvariant() switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" or "information" => LogLevel.Information,
        "warn" or "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "critical" or "fatal" => LogLevel.Critical,
        _ => throw new AgentOptionsException($"--log-level is \"{OptionValues.Shown(text)}\"; write debug, info, warning or error."),
    };
}
