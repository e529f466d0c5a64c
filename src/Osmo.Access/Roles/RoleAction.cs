using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Osmo.Domain.Errors;

namespace Osmo.Access.Roles;

/// <summary>What a role allows or, where its path begins with <c>!</c>, refuses: a pattern of paths and a method.</summary>
public sealed partial class RoleAction : IEquatable<RoleAction>
{
    /// <summary>The only base there is.</summary>
    public const string Base = "http";

    /// <summary>The method that covers all.</summary>
    public const string AnyMethod = "*";

    /// <summary>The method of a request that opens a WebSocket.</summary>
    public const string WebSocket = "Websocket";

    /// <summary>Most characters of a path's pattern.</summary>
    public const int PathCharsMax = 512;

    private static readonly string[] Methods = [AnyMethod, "Get", "Post", "Put", "Patch", "Delete", WebSocket];

    private readonly PathPattern _pattern;

    private RoleAction(string path, string method)
    {
        Path = path;
        Method = method;
        Refuses = path.StartsWith('!');
        _pattern = new PathPattern(Refuses ? path[1..] : path);
    }

    /// <summary>The pattern of the paths, with the <c>!</c> of a refusal.</summary>
    public string Path { get; }

    /// <summary>The method, capitalised, or <c>*</c>.</summary>
    public string Method { get; }

    /// <summary>Whether it refuses what it matches.</summary>
    public bool Refuses { get; }

    /// <summary>Validates an action.</summary>
    /// <param name="path">The pattern of the paths: <c>*</c>, or one that begins with a slash, with a <c>!</c> before it to refuse.</param>
    /// <param name="method">The method, in any case.</param>
    /// <param name="action">The action.</param>
    /// <param name="problem">What is wrong.</param>
    public static bool TryCreate(
        string? path,
        string? method,
        [NotNullWhen(true)] out RoleAction? action,
        [NotNullWhen(false)] out string? problem)
    {
        action = null;
        var known = Array.Find(Methods, known => known.Equals(method, StringComparison.OrdinalIgnoreCase));
        if (path is null || path.Length > PathCharsMax || !PathShape().IsMatch(path))
        {
            problem = $"has no usable path: * or a pattern such as /api/pool/* of at most {PathCharsMax} characters without colons, "
                + "with a ! before it to refuse.";
            return false;
        }

        problem = known is null ? $"has no usable method: use one of {string.Join(", ", Methods)}." : null;
        action = known is null ? null : new RoleAction(path, known);
        return problem is null;
    }

    /// <summary>Reads an action written as <c>http:PATH:METHOD</c>.</summary>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out RoleAction? action, [NotNullWhen(false)] out string? problem)
    {
        if (text?.Split(':') is [Base, var path, var method])
        {
            return TryCreate(path, method, out action, out problem);
        }

        action = null;
        problem = "is not written as http:PATH:METHOD, such as http:/api/pool/*:Get.";
        return false;
    }

    /// <summary>Reads an action written as <c>http:PATH:METHOD</c>.</summary>
    /// <exception cref="OsmoException">It is not.</exception>
    public static RoleAction Parse(string text) => TryParse(text, out var action, out var problem)
        ? action
        : throw new OsmoException(ErrorCode.Invalid, $"The action \"{text}\" {problem}");

    /// <summary>Whether the action is about that request.</summary>
    /// <param name="method">The request's method in any case.</param>
    /// <param name="path">Its path without the query.</param>
    public bool Matches(string method, ReadOnlySpan<char> path) =>
        (Method == AnyMethod || Method.Equals(method, StringComparison.OrdinalIgnoreCase)) && _pattern.Matches(path);

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => $"{Base}:{Path}:{Method}";

    /// <inheritdoc/>
    public bool Equals(RoleAction? other) => other is not null && other.Path == Path && other.Method == Method;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RoleAction);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Path, Method);

    [GeneratedRegex(@"^(\*|!?/[^:]+|!?/)\z")]
    private static partial Regex PathShape();
}
