export { type NetworkName, networkNames } from "@brushwork/networks";
export type { Remedy, SkippedEngine } from "@brushwork/runs";
export type { DownloadProgress } from "./downloads/download.js";
export { type EngineOptions, type Precision, precisions } from "./engines/engine-entry.js";
export { type EngineName, engineNames } from "./engines/engine-names.js";
export { type EngineReport, engineReport } from "./engines/engine-report.js";
export {
  type StartOptions,
  startEngine,
} from "./engines/engines.js";
export {
  type CheckpointFile,
  type CheckpointFileOptions,
  checkpointBytes,
  checkpointFile,
  readCheckpoint,
  type StoredCheckpoint,
} from "./files/checkpoint-file.js";
export { joinedName, nameBeside } from "./files/file-name.js";
export { type KeptFile, keepFile } from "./files/keep-file.js";
export { linkTarget } from "./files/link-target.js";
export { ended } from "./files/process.mjs";
export { checkRoom, type ExpectedFile } from "./files/room.js";
export { sameFile } from "./files/same-file.js";
export { unlessHomeless } from "./files/user-folder.js";
export { checkWritable, type ReplaceOptions, writeFileAtomically } from "./files/write-file.js";
export { filmFormatOf } from "./films/film-format.js";
export { type FilmInfo, filmFrames, filmInfo } from "./films/film-reader.js";
export { checkFilm, type FilmWriter, filmWriter } from "./films/film-writer.js";
export { engineFolder } from "./install/engine-folder.js";
export { type InstallableEngine, installableEngines } from "./install/engine-packages.js";
export { type Installation, type InstallOptions, installEngine } from "./install/install-engine.js";
export { type DownloadedFile, type InstalledEngine, installedEngines } from "./install/installation.js";
export { removeEngine } from "./install/remove-engine.js";
export { type LastingHost, lastingHost } from "./lasting-host.js";
export { installedLosses, isLossPackage, loadLoss, lossFile } from "./loss-plugins.js";
export { type LoadedNetwork, loadNetwork, type NetworkOptions } from "./networks.js";
export { type NodeHostOptions, nodeHost, type PictureSource } from "./node-host.js";
export { type PaintEvent, type PaintedStyle, type Painting, type PaintOptions, paint } from "./paint.js";
export { checkEncodable, expectedBytes, keepPicture } from "./pictures/keep-picture.js";
export {
  type EncodingOptions,
  encodePicture,
  pictureBytes,
  type WritingOptions,
  writePicture,
} from "./pictures/picture-file.js";
export { formatOf, type PictureFormat, pictureFormats } from "./pictures/picture-format.js";
export type { PictureMetadata } from "./pictures/picture-metadata.js";
export { pictureSize, type ReadingOptions, readMetadata, readPicture } from "./pictures/read-picture.js";
export { evenPicture, fewColors, resizedPicture } from "./pictures/resized-picture.js";
export { type SheetCell, type SheetOptions, sheetOf } from "./pictures/sheet.js";
export { Remediable } from "./remediable.js";
export { type FoundLoss, searchLosses } from "./search-losses.js";
export { cacheFolder } from "./weights/cache.js";
export type { WeightRecord } from "./weights/record.js";
export {
  type ListedWeights,
  type LoadedWeights,
  type PullOptions,
  type WeightStore,
  weightStore,
} from "./weights/store.js";
export { weightFiles } from "./weights/weight-files.js";
