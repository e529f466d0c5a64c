using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Osmo.Cli.Terminal;

namespace Osmo.Cli.Input;

/// <summary>
/// Reads a file or the standard input whole, as UTF-8 JSON. YAML, as <c>kubectl -o yaml</c> writes it, is converted, and so is UTF-16.
/// </summary>
internal static class InputDocument
{
    /// <summary>Most bytes of one input: about 80,000 nodes of 12 KB.</summary>
    public const long BytesMax = 1_000_000_000;

    public const string StandardInput = "-";

    private static readonly Encoding[] Utf16 =
    [
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>How messages name the input.</summary>
    public static string NameOf(string path) => path == StandardInput ? "standard input" : path;

    public static ReadOnlyMemory<byte> ReadJson(string path, CliTerminal terminal, long bytesMax = BytesMax) =>
        ToJson(ReadUtf8(path, terminal, bytesMax), NameOf(path));

    /// <summary>Reads the input as it is but for its encoding: JSON or YAML in UTF-8, without a byte order mark.</summary>
    public static ReadOnlyMemory<byte> ReadUtf8(string path, CliTerminal terminal, long bytesMax = BytesMax)
    {
        var name = NameOf(path);
        ReadOnlyMemory<byte> bytes;
        try
        {
            using var stream = path == StandardInput ? terminal.OpenInput() : File.OpenRead(path);
            bytes = ReadAll(stream, name, bytesMax);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw new CliError($"{name}: this is a folder. Name a file in it; 'osmo apply -f' alone takes folders.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliError($"{name}: no such file. Check the path, or use \"-\" to read the standard input.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliError($"{name}: cannot be read: {error.Message}");
        }

        if (bytes.Span.StartsWith(ByteOrderMark))
        {
            bytes = bytes[ByteOrderMark.Length..];
        }

        return FromUtf16(bytes, name);
    }

    /// <summary>What Windows PowerShell writes when output is redirected to a file: UTF-16, recognized by its byte order mark.</summary>
    private static ReadOnlyMemory<byte> FromUtf16(ReadOnlyMemory<byte> bytes, string name)
    {
        foreach (var encoding in Utf16)
        {
            if (bytes.Span.StartsWith(encoding.Preamble))
            {
                try
                {
                    return Encoding.UTF8.GetBytes(encoding.GetString(bytes.Span[encoding.Preamble.Length..]));
                }
                catch (DecoderFallbackException)
                {
                    throw new CliError($"{name}: this begins like UTF-16, but is not valid UTF-16. Write the file as UTF-8.");
                }
            }
        }

        return bytes;
    }

    /// <summary>JSON as it is, YAML as JSON: one value after the other where there are several documents.</summary>
    public static ReadOnlyMemory<byte> ToJson(ReadOnlyMemory<byte> bytes, string name)
    {
        var text = bytes.Span.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new CliError($"{name}: the input is empty. If a command was to write it, look at that command's own error message.");
        }

        if (text.Contains((byte)0))
        {
            throw new CliError(
                $"{name}: this is binary (Kubernetes protobuf?), not JSON. Ask for JSON, for example with 'kubectl get nodes -o json'.");
        }

        RequireUtf8(bytes.Span, name);
        return text[0] is (byte)'{' or (byte)'[' or (byte)'"' ? bytes : YamlToJson.Convert(bytes, name);
    }

    /// <summary>Otherwise what is none would be stored as question marks in diamonds.</summary>
    private static void RequireUtf8(ReadOnlySpan<byte> bytes, string name)
    {
        if (Utf8.IsValid(bytes))
        {
            return;
        }

        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) == OperationStatus.Done)
        {
            at += length;
        }

        throw new CliError(
            $"{name}: byte {at + 1} (0x{bytes[at]:X2}) is not UTF-8. The text may be in another encoding, such as Windows-1252: "
            + "save it as UTF-8.");
    }

    private static ReadOnlyMemory<byte> ReadAll(Stream stream, string name, long bytesMax)
    {
        using var whole = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (whole.Length + read > bytesMax)
            {
                throw new CliError(
                    $"{name}: larger than {bytesMax / 1_000_000} MB. Split it; nodes for example with 'kubectl get nodes -l KEY=VALUE'.");
            }

            whole.Write(buffer, 0, read);
        }

        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }
}
